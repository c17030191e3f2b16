// SPDX-License-Identifier: Apache-2.0
// The output head on a CUDA device: losses of labels and greedy choices. Logits exist for a few rows at a time only.
#include "workers/cuda/cuda_ops.h"
#include "workers/cuda/launch.h"
#include "workers/cuda/warp.h"

#include <algorithm>
#include <climits>

namespace lorasweep {
namespace {

// Logits of 256 rows are 33 MB with a vocabulary of 32,128: they stay in the second-level cache of the devices this is
// for, between the product and the kernels below.
constexpr Index rows_at_a_time = 256;
constexpr int threads = 256, warps = threads / warp_size;

// One block a row. Thread i sees entries i, i + 256, ...; the sum is in f64, because the vocabulary is long, in an
// order that never changes.
__global__ void __launch_bounds__(threads)
    target_nll_kernel(double* out, const float* logits, Index stride, const std::int32_t* labels, int vocabulary) {
  __shared__ float highest_of_warp[warps];
  __shared__ double sum_of_warp[warps];
  const float* row = logits + blockIdx.x * stride;
  float highest = -INFINITY;
  // a NaN is caught by the sum
  for (int i = threadIdx.x; i < vocabulary; i += threads) highest = fmaxf(highest, row[i]);
  highest = over_block<warps>(highest, Max(), highest_of_warp);
  double sum = 0;
  for (int i = threadIdx.x; i < vocabulary; i += threads) sum += expf(row[i] - highest);
  sum = over_block<warps>(sum, Sum(), sum_of_warp);
  if (threadIdx.x == 0) out[blockIdx.x] = log(sum) - (double{row[labels[blockIdx.x]]} - highest);
}

struct Choice {
  float score;
  std::int32_t id;
};
// The lowest id wins a tie; a NaN never wins.
__device__ __forceinline__ Choice better(Choice a, Choice b) {
  return b.score > a.score || (b.score == a.score && b.id < a.id) ? b : a;
}

__global__ void __launch_bounds__(threads)
    argmax_kernel(std::int32_t* out, const float* logits, Index stride, int vocabulary) {
  __shared__ Choice best_of_warp[warps];
  const float* row = logits + blockIdx.x * stride;
  Choice best{-INFINITY, INT_MAX};
  for (int i = threadIdx.x; i < vocabulary; i += threads) best = better(best, {row[i], i});
#pragma unroll
  for (int distance = warp_size / 2; distance > 0; distance /= 2)
    best =
        better(best, {__shfl_xor_sync(all_lanes, best.score, distance), __shfl_xor_sync(all_lanes, best.id, distance)});
  if (lane_index() == 0) best_of_warp[warp_index()] = best;
  __syncthreads();
  if (threadIdx.x != 0) return;
  for (int warp = 1; warp < warps; ++warp) best = better(best, best_of_warp[warp]);
  out[blockIdx.x] = best.id == INT_MAX ? 0 : best.id;
}

}  // namespace

void CudaOps::target_nll(View out, View x, const Projection& head, View labels) {
  for (Index first = 0; first < x.rows; first += rows_at_a_time) {
    const Index count = std::min(rows_at_a_time, x.rows - first);
    const View logits = scratch(Slot::logits, Element::f32, count, head.out);
    linear(logits, x.row_range(first, count), head, Accumulate::no);
    nll_of_logits(out.row_range(first, count), logits, labels.row_range(first, count));
  }
}

void CudaOps::nll_of_logits(View out, View logits, View labels) {
  launch("target_nll", *device_, {.blocks_x = logits.rows, .threads = threads}, target_nll_kernel, out.f64(),
         logits.f32(), logits.stride, labels.i32(), logits.cols);
}

void CudaOps::argmax(View out, View x, const Projection& head) {
  for (Index first = 0; first < x.rows; first += rows_at_a_time) {
    const Index count = std::min(rows_at_a_time, x.rows - first);
    const View logits = scratch(Slot::logits, Element::f32, count, head.out);
    linear(logits, x.row_range(first, count), head, Accumulate::no);
    argmax_of_logits(out.row_range(first, count), logits);
  }
}

void CudaOps::argmax_of_logits(View out, View logits) {
  launch("argmax", *device_, {.blocks_x = logits.rows, .threads = threads}, argmax_kernel, out.i32(), logits.f32(),
         logits.stride, logits.cols);
}

WorkspaceSize CudaOps::output_head_scratch(const HeadShape& largest) const {
  return WorkspaceSize().matrix(Slot::logits, Element::f32, std::min(rows_at_a_time, largest.rows), largest.vocabulary);
}

}  // namespace lorasweep
