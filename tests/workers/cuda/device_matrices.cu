// SPDX-License-Identifier: Apache-2.0
#include "tests/workers/cuda/device_matrices.h"
#include "workers/cuda/elements.h"
#include "workers/cuda/launch.h"

namespace lorasweep {
namespace {

constexpr int threads = 256;

template <typename T>
__global__ void noise_kernel(T* out, std::int64_t size, std::uint32_t seed) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (i >= size) return;
  std::uint32_t bits = static_cast<std::uint32_t>(i) * 2654435761u + seed * 40503u;
  for (int round = 0; round < 3; ++round) bits = (bits ^ (bits >> 15)) * 0x2c1b3c6du;
  store(out + i, static_cast<float>(bits >> 8) * (1.0f / 8388608.0f) - 1.0f);
}

// A block a row. Whoever finds a difference writes the same value.
__global__ void compare_kernel(std::int32_t* noted, const std::uint32_t* a, std::int64_t a_stride,
                               const std::uint32_t* b, std::int64_t b_stride, std::int64_t cols) {
  const std::int64_t row = blockIdx.x;
  for (std::int64_t c = threadIdx.x; c < cols; c += threads)
    if (a[row * a_stride + c] != b[row * b_stride + c]) *noted = 1;
}

}  // namespace

void fill_with_noise(const Device& device, View out, std::uint32_t seed) {
  const std::int64_t size = out.rows * out.cols;
  const Launch shape{.blocks_x = blocks_for(size, threads), .threads = threads};
  if (out.element == Element::f32)
    launch("noise", device, shape, noise_kernel<float>, out.f32(), size, seed);
  else
    launch("noise", device, shape, noise_kernel<Bf16>, static_cast<Bf16*>(out.data), size, seed);
}

BitComparison::BitComparison(Device& device, int places)
    : device_(device),
      places_(places),
      noted_(device.allocate(static_cast<std::size_t>(places) * sizeof(std::int32_t))) {}

void BitComparison::compare(View a, View b, int place) {
  launch("compare", device_, {.blocks_x = a.rows, .threads = threads}, compare_kernel,
         reinterpret_cast<std::int32_t*>(noted_.get()) + place, static_cast<const std::uint32_t*>(a.data), a.stride,
         static_cast<const std::uint32_t*>(b.data), b.stride, a.cols);
}

std::vector<int> BitComparison::differing() {
  std::vector<std::int32_t> noted(static_cast<std::size_t>(places_));
  check(cudaMemcpyAsync(noted.data(), noted_.get(), noted.size() * sizeof(std::int32_t), cudaMemcpyDeviceToHost,
                        device_.stream()),
        "cudaMemcpyAsync");
  check(cudaStreamSynchronize(device_.stream()), "a kernel");
  std::vector<int> places;
  for (int i = 0; i < places_; ++i)
    if (noted[i] != 0) places.push_back(i);
  return places;
}

}  // namespace lorasweep
