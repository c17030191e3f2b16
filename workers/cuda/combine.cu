// SPDX-License-Identifier: Apache-2.0
// The weighted sums of adapter factors, rounded as the reference rounds them.
//
// Members that combine the same adapters are taken up to eight at a time: a block reads its columns of every adapter
// once for all of them. The groups of one stretch of columns are neighbours in the grid, so that what one has read the
// others find in the second-level cache.
#include "workers/cuda/cuda_ops.h"
#include "workers/cuda/elements.h"
#include "workers/cuda/launch.h"
#include "workers/ops/to_int32.h"

#include <algorithm>
#include <iterator>
#include <numeric>

namespace lorasweep {
namespace {

constexpr int threads = 256, most_members = 8;

/// Up to eight members with the same rows of the library. Places are into a table of integers and one of weights.
struct Group {
  std::int32_t first_row = 0, rows = 0;        ///< integers[first_row ...]: the rows, in order
  std::int32_t first_member = 0, members = 0;  ///< integers[first_member ...]: rows of the output
  std::int32_t first_weight = 0;               ///< weights[first_weight + row * most_members + member]
};

// w * x and the sum are rounded one after the other: no fused multiply-add.
__device__ __forceinline__ float add_product(float sum, float weight, float value) {
  return __fadd_rn(sum, __fmul_rn(weight, value));
}

template <bool Aligned>
__global__ void __launch_bounds__(threads)
    combine_kernel(float* out, Index out_stride, const float* library, Index library_stride, Index cols,
                   const Group* groups, int group_count, const std::int32_t* integers, const float* weights) {
  const Group group = groups[blockIdx.x % group_count];
  const Index stretch = blockIdx.x / group_count;
  const Index col = (stretch * threads + threadIdx.x) * 4;
  if (col >= cols) return;
  const int valid = cols - col < 4 ? static_cast<int>(cols - col) : 4;

  float sums[most_members][4] = {};
  for (int i = 0; i < group.rows; ++i) {
    const float* from = library + integers[group.first_row + i] * library_stride + col;
    float v[4] = {};
    if (Aligned) {
      const float4 four = *reinterpret_cast<const float4*>(from);
      v[0] = four.x, v[1] = four.y, v[2] = four.z, v[3] = four.w;
    } else {
#pragma unroll
      for (int e = 0; e < 4; ++e)
        if (e < valid) v[e] = from[e];
    }
#pragma unroll
    for (int m = 0; m < most_members; ++m) {
      const float weight = weights[group.first_weight + i * most_members + m];
#pragma unroll
      for (int e = 0; e < 4; ++e) sums[m][e] = i == 0 ? __fmul_rn(weight, v[e]) : add_product(sums[m][e], weight, v[e]);
    }
  }
#pragma unroll
  for (int m = 0; m < most_members; ++m) {
    if (m >= group.members) continue;
    float* to = out + integers[group.first_member + m] * out_stride + col;
    if (Aligned) {
      *reinterpret_cast<float4*>(to) = make_float4(sums[m][0], sums[m][1], sums[m][2], sums[m][3]);
    } else {
#pragma unroll
      for (int e = 0; e < 4; ++e)
        if (e < valid) to[e] = sums[m][e];
    }
  }
}

}  // namespace

void CudaOps::combine(View out, View library, std::span<const std::vector<std::int32_t>> rows,
                      std::span<const std::vector<float>> weights) {
  if (out.rows == 0) return;
  std::vector<std::int32_t> order(out.rows), integers;
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, [&](std::int32_t a, std::int32_t b) { return rows[a] < rows[b]; });
  std::vector<Group> groups;
  std::vector<float> table;
  for (Index first = 0; first < std::ssize(order);) {
    const std::vector<std::int32_t>& own = rows[order[first]];
    Index next = first;
    while (next < std::ssize(order) && next - first < most_members && rows[order[next]] == own) ++next;
    Group group{.first_row = to_int32(std::ssize(integers)), .rows = to_int32(std::ssize(own))};
    integers.insert(integers.end(), own.begin(), own.end());
    group.first_member = to_int32(std::ssize(integers));
    group.members = to_int32(next - first);
    integers.insert(integers.end(), order.begin() + first, order.begin() + next);
    group.first_weight = to_int32(std::ssize(table));
    for (Index i = 0; i < group.rows; ++i)
      for (Index m = 0; m < most_members; ++m) table.push_back(first + m < next ? weights[order[first + m]][i] : 0.0f);
    groups.push_back(group);
    first = next;
  }
  const bool aligned =
      out.cols % 4 == 0 && rows_aligned(out.f32(), out.stride, 16) && rows_aligned(library.f32(), library.stride, 16);
  const Launch shape{.blocks_x = blocks_for(out.cols, threads * 4) * std::ssize(groups), .threads = threads};
  const View on_device = scratch(Slot::weights, Element::f32, 1, std::ssize(table));
  upload(on_device, table.data());  // not by content as the rest: weights hardly ever come again
  launch("combine", *device_, shape, aligned ? combine_kernel<true> : combine_kernel<false>, out.f32(), out.stride,
         library.f32(), library.stride, out.cols, descriptors_.put(std::span<const Group>(groups)), std::ssize(groups),
         descriptors_.put(std::span<const std::int32_t>(integers)), on_device.f32());
}

// A group always has weights for as many members as it may have.
WorkspaceSize CudaOps::combine_scratch(const CompositionShape& largest) const {
  return WorkspaceSize().matrix(Slot::weights, Element::f32, largest.members * most_members, largest.adapters);
}

}  // namespace lorasweep
