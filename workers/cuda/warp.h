// SPDX-License-Identifier: Apache-2.0
// Sums and maxima over the lanes of a warp and the warps of a block. The order is fixed by the lanes' numbers, so the
// bits are too.
#pragma once

#include <cuda_runtime.h>

namespace lorasweep {

constexpr unsigned all_lanes = 0xffffffffu;
constexpr int warp_size = 32;

__device__ __forceinline__ int lane_index() { return static_cast<int>(threadIdx.x) % warp_size; }
__device__ __forceinline__ int warp_index() { return static_cast<int>(threadIdx.x) / warp_size; }

struct Sum {
  template <typename T>
  __device__ T operator()(T a, T b) const {
    return a + b;
  }
};
struct Max {
  __device__ float operator()(float a, float b) const { return fmaxf(a, b); }
};

/// The reduction over all lanes, in every lane. Butterflies: a and b swap places between partners, which sums and
/// maxima do not notice.
template <typename T, typename Reduce>
__device__ __forceinline__ T over_warp(T value, Reduce reduce) {
#pragma unroll
  for (int distance = warp_size / 2; distance > 0; distance /= 2)
    value = reduce(value, __shfl_xor_sync(all_lanes, value, distance));
  return value;
}

/// The reduction over all threads of a block of Warps warps, in every thread. `shared` has Warps places and may be used
/// again at once.
template <int Warps, typename T, typename Reduce>
__device__ __forceinline__ T over_block(T value, Reduce reduce, T* shared) {
  value = over_warp(value, reduce);
  if (lane_index() == 0) shared[warp_index()] = value;
  __syncthreads();
  value = shared[0];
#pragma unroll
  for (int warp = 1; warp < Warps; ++warp) value = reduce(value, shared[warp]);
  __syncthreads();
  return value;
}

}  // namespace lorasweep
