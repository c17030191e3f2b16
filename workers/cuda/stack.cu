// SPDX-License-Identifier: Apache-2.0
// The factors of a stacked composition, side by side. A block takes one rectangle for all members: what it has read it
// writes for each of them.
#include "workers/cuda/cuda_ops.h"
#include "workers/cuda/launch.h"

#include <iterator>

namespace lorasweep {
namespace {

constexpr int threads = 256;

__global__ void __launch_bounds__(threads)
    stack_kernel(float* out, Index out_stride, const float* library, Index library_stride, const StackedPart* parts,
                 const std::int32_t* members, int member_count, const float* weights, int weights_of_a_member) {
  const StackedPart part = parts[blockIdx.x];
  const float* from = library + part.adapter * library_stride + part.from;
  for (int i = threadIdx.x; i < part.rows * part.cols; i += threads) {
    const Index row = i / part.cols, col = i % part.cols;
    const float value = from[row * part.from_stride + col];
    float* to = out + part.to + row * part.to_stride + col;
    for (int m = 0; m < member_count; ++m) {
      const float weight = part.weight < 0 ? 1.0f : weights[m * weights_of_a_member + part.weight];
      to[members[m] * out_stride] = weight * value;
    }
  }
}

}  // namespace

void CudaOps::stack(View out, View library, std::span<const StackedPart> parts, std::span<const std::int32_t> members,
                    std::span<const std::vector<float>> weights) {
  if (parts.empty() || members.empty()) return;
  std::vector<float> table;
  for (const std::vector<float>& own : weights) table.insert(table.end(), own.begin(), own.end());
  const View on_device = scratch(Slot::weights, Element::f32, 1, std::ssize(table));
  upload(on_device, table.data());  // not by content as the rest: weights hardly ever come again
  launch("stack", *device_, {.blocks_x = std::ssize(parts), .threads = threads}, stack_kernel, out.f32(), out.stride,
         library.f32(), library.stride, descriptors_.put(parts), descriptors_.put(members), std::ssize(members),
         on_device.f32(), std::ssize(weights.front()));
}

WorkspaceSize CudaOps::stack_scratch(const CompositionShape& largest) const {
  return WorkspaceSize().matrix(Slot::weights, Element::f32, largest.members, largest.adapters);
}

}  // namespace lorasweep
