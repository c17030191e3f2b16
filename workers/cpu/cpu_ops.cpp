// SPDX-License-Identifier: Apache-2.0
// Memory, products with the base model's weights, composition, and what is done row by row.
#include "workers/cpu/cpu_ops.h"

#include "data/core/memory.h"
#include "workers/cpu/for_rows.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <new>

namespace lorasweep {
namespace {

constexpr std::size_t alignment = 64;

float* f32_row(View view, Index row) { return view.element == Element::f32 ? view.f32() + row * view.stride : nullptr; }
std::uint16_t* bf16_row(View view, Index row) {
  return view.element == Element::bf16 ? view.bf16() + row * view.stride : nullptr;
}

}  // namespace

CpuOps::CpuOps(CpuOptions options) : options_(options), kernels_(*options.kernels), matmul_(options.threads) {
  constexpr std::size_t usual_stack = std::size_t{8} << 20;
  if (options.threads > 1) require_memory(options.threads * usual_stack);  // without it OpenMP ends the program
  for (int i = 0; i < options.threads; ++i) single_.emplace_back(1);
}

std::shared_ptr<std::byte> CpuOps::allocate(std::size_t bytes) {
  const std::size_t rounded = (std::max<std::size_t>(bytes, 1) + alignment - 1) / alignment * alignment;
  // Zeros of the kernel's, which take room where they are written to: what an image replaces is given back meanwhile.
  std::byte* const memory = static_cast<std::byte*>(std::calloc(rounded + alignment, 1));
  if (memory == nullptr) throw std::bad_alloc();
  const auto skipped = (alignment - reinterpret_cast<std::uintptr_t>(memory) % alignment) % alignment;
  return {std::shared_ptr<std::byte>(memory, [](std::byte* p) { std::free(p); }), memory + skipped};
}

std::shared_ptr<const std::byte> CpuOps::adopt(std::shared_ptr<const std::byte> image, std::size_t) { return image; }

void CpuOps::upload(View out, const void* host) { std::memcpy(out.data, host, out.bytes()); }
void CpuOps::download(void* host, View in) { std::memcpy(host, in.data, in.bytes()); }

std::size_t CpuOps::packed_bytes(Index in, Index out) const {
  return Matmul::packed_bytes(options_.activation, in, out);
}
void CpuOps::pack(std::byte* packed, const float* weight, Index in, Index out) const {
  Matmul::pack(packed, weight, options_.activation, in, out);
}

View CpuOps::as_f32(View x, Slot slot) {
  if (x.element == Element::f32) return x;
  View wide = scratch(slot, Element::f32, x.rows, x.cols);
  for_rows(options_.threads, x.rows,
           [&](Index row) { kernels_.widen(x.bf16() + row * x.stride, x.cols, wide.f32() + row * wide.stride); });
  return wide;
}

void CpuOps::put(View out, View in) {
  for_rows(options_.threads, in.rows, [&](Index row) {
    if (out.element == Element::bf16)
      kernels_.narrow(in.f32() + row * in.stride, in.cols, bf16_row(out, row));
    else
      std::memcpy(f32_row(out, row), in.f32() + row * in.stride, in.cols * sizeof(float));
  });
}

View CpuOps::f32_in_place_of(View out) {
  return out.element == Element::f32 ? out : scratch(Slot::context, Element::f32, out.rows, out.cols);
}

void CpuOps::embed(View out, View table, View ids) {
  for_rows(options_.threads, out.rows, [&](Index row) {
    std::memcpy(f32_row(out, row), table.f32() + ids.i32()[row] * table.stride, table.cols * sizeof(float));
  });
}

void CpuOps::rms_norm(View out, View in, View gain, double epsilon) {
  for_rows(options_.threads, in.rows, [&](Index row) {
    kernels_.rms_norm(f32_row(in, row), gain.f32(), static_cast<float>(epsilon), in.cols, f32_row(out, row),
                      bf16_row(out, row));
  });
}

void CpuOps::linear(View y, View x, const Projection& w, Accumulate accumulate) {
  if (x.rows > 0) matmul_.packed(y, x, w, accumulate);
}

void CpuOps::activate(View out, View in, Activation activation) {
  const Index width = out.cols;
  for_rows(options_.threads, in.rows, [&](Index row) {
    const float* x = f32_row(in, row);
    if (activation == Activation::gated_gelu)
      kernels_.gated_gelu(x, x + width, width, f32_row(out, row), bf16_row(out, row));
    else if (activation == Activation::gated_silu)
      kernels_.gated_silu(x, x + width, width, f32_row(out, row), bf16_row(out, row));
    else
      kernels_.relu(x, width, f32_row(out, row), bf16_row(out, row));
  });
}

void CpuOps::combine(View out, View library, std::span<const std::vector<std::int32_t>> rows,
                     std::span<const std::vector<float>> weights) {
  for (Index member = 0; member < out.rows; ++member) {
    std::vector<const float*> sources;
    for (const std::int32_t row : rows[member]) sources.push_back(f32_row(library, row));
    kernels_.combine(f32_row(out, member), sources.data(), weights[member].data(), std::ssize(sources), out.cols);
  }
}

void CpuOps::scale_copy(View out, View in, float factor) {
  for (Index row = 0; row < in.rows; ++row) kernels_.scale(f32_row(out, row), f32_row(in, row), factor, in.cols);
}

}  // namespace lorasweep
