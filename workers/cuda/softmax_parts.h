// SPDX-License-Identifier: Apache-2.0
// A softmax over positions and the average that it weights, in parts that see some of the positions each and are put
// together in a fixed order.
#pragma once

#include "workers/cuda/elements.h"
#include "workers/cuda/warp.h"

namespace lorasweep {

constexpr int lanes_of_position = 8;  ///< share the columns of one

/// What a lane, or all that it was put together with, has seen of one head: columns (p * 8 + lane % 8) * 4 and three
/// more for every piece p.
template <int Pieces>
struct Part {
  float highest = -INFINITY, sum = 0;
  float4 averages[Pieces] = {};

  __device__ __forceinline__ void shrink(float factor) {
    sum *= factor;
#pragma unroll
    for (int p = 0; p < Pieces; ++p) {
      averages[p].x *= factor;
      averages[p].y *= factor;
      averages[p].z *= factor;
      averages[p].w *= factor;
    }
  }
  __device__ __forceinline__ void add(float score, const float4 (&values)[Pieces]) {
    const float now = fmaxf(highest, score), base = now == -INFINITY ? 0.0f : now;  // exp(-inf - -inf) would be NaN
    shrink(expf(highest - base));
    highest = now;
    const float weight = expf(score - base);
    sum += weight;
#pragma unroll
    for (int p = 0; p < Pieces; ++p) {
      averages[p].x = fmaf(weight, values[p].x, averages[p].x);
      averages[p].y = fmaf(weight, values[p].y, averages[p].y);
      averages[p].z = fmaf(weight, values[p].z, averages[p].z);
      averages[p].w = fmaf(weight, values[p].w, averages[p].w);
    }
  }
  /// With the parts of the warp's lanes that have the same columns. The order is that of a butterfly, where partners
  /// may swap places.
  __device__ __forceinline__ void join_warp() {
    float now = highest;
#pragma unroll
    for (int distance = lanes_of_position; distance < warp_size; distance *= 2)
      now = fmaxf(now, __shfl_xor_sync(all_lanes, now, distance));
    shrink(expf(highest - (now == -INFINITY ? 0.0f : now)));
    highest = now;
#pragma unroll
    for (int distance = lanes_of_position; distance < warp_size; distance *= 2) {
      sum += __shfl_xor_sync(all_lanes, sum, distance);
#pragma unroll
      for (int p = 0; p < Pieces; ++p) {
        averages[p].x += __shfl_xor_sync(all_lanes, averages[p].x, distance);
        averages[p].y += __shfl_xor_sync(all_lanes, averages[p].y, distance);
        averages[p].z += __shfl_xor_sync(all_lanes, averages[p].z, distance);
        averages[p].w += __shfl_xor_sync(all_lanes, averages[p].w, distance);
      }
    }
  }
};

/// What the warps of a block show each other of one head, in shared memory.
template <int Width, int Warps>
struct JoinedParts {
  float highest[Warps], sum[Warps], averages[Warps][Width];

  template <int Pieces>
  __device__ __forceinline__ void put(const Part<Pieces>& part) {
    const int lane = lane_index();
    if (lane >= lanes_of_position) return;
    highest[warp_index()] = part.highest;
    sum[warp_index()] = part.sum;
#pragma unroll
    for (int p = 0; p < Pieces; ++p)
      store_four(&averages[warp_index()][(p * lanes_of_position + lane) * 4], part.averages[p]);
  }
  /// One column of the head's result.
  __device__ __forceinline__ float result(int col) const {
    float most = highest[0], all = 0, value = 0;
#pragma unroll
    for (int warp = 1; warp < Warps; ++warp) most = fmaxf(most, highest[warp]);
#pragma unroll
    for (int warp = 0; warp < Warps; ++warp) {
      const float factor = expf(highest[warp] - most);
      all = fmaf(factor, sum[warp], all);
      value = fmaf(factor, averages[warp][col], value);
    }
    return value / all;
  }
};

}  // namespace lorasweep
