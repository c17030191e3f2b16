// SPDX-License-Identifier: Apache-2.0
// One decoding step of self-attention on a CUDA device: a warp for one head of one row, keys and values straight from
// the cache, in f32.
#include "workers/cuda/cuda_ops.h"
#include "workers/cuda/elements.h"
#include "workers/cuda/head_widths.h"
#include "workers/cuda/launch.h"
#include "workers/cuda/warp.h"
#include "workers/ops/to_int32.h"

#include <algorithm>

namespace lorasweep {
namespace {

constexpr int threads = 128;

/// Which position of which slot a row is.
struct Step {
  std::int32_t slot, position;
};

// A row appends its key and value before it attends; it reads its own back from qkv, so no warp waits for another.
template <int Width, typename Out>
__global__ void __launch_bounds__(threads)
    cached_attention_kernel(Out* out, Index out_stride, const float* qkv, Index qkv_stride, float* cache,
                            Index cache_stride, int capacity, const Step* steps, Index rows, int heads, int width,
                            const float* bias, Index bias_stride, int reach) {
  constexpr int columns = Width / warp_size;
  const Index item = Index{blockIdx.x} * (threads / warp_size) + warp_index();
  if (item >= rows * heads) return;
  const Index row = item / heads;
  const int head = static_cast<int>(item % heads), inner = heads * width, lane = lane_index();
  const Step step = steps[row];
  const float* query = qkv + row * qkv_stride + head * width;
  const float *own_key = query + inner, *own_value = own_key + inner;
  float* keys = cache + Index{step.slot} * capacity * cache_stride + head * width;
  float* values = keys + inner;
  for (int i = lane; i < width; i += warp_size) {
    keys[step.position * cache_stride + i] = own_key[i];
    values[step.position * cache_stride + i] = own_value[i];
  }
  const float* distances = bias == nullptr ? nullptr : bias + head * bias_stride + reach - step.position;

  float averages[columns] = {};
  float highest = -INFINITY, sum = 0;
  for (int first = 0; first <= step.position; first += warp_size) {
    const int j = first + lane;
    float score = -INFINITY;
    if (j <= step.position) {
      const float* key = j == step.position ? own_key : keys + j * cache_stride;
      score = 0;
      for (int i = 0; i < width; ++i) score = fmaf(query[i], key[i], score);
      if (distances != nullptr) score += distances[j];
    }
    const float now = fmaxf(highest, over_warp(score, Max()));
    const float base = now == -INFINITY ? 0.0f : now;  // exp(-inf - -inf) would be NaN
    const float shrink = expf(highest - base), weight = expf(score - base);
    highest = now;
    sum = sum * shrink + weight;
#pragma unroll
    for (int c = 0; c < columns; ++c) averages[c] *= shrink;
    const int count = min(warp_size, step.position + 1 - first);
    for (int i = 0; i < count; ++i) {
      const float one = __shfl_sync(all_lanes, weight, i);
      const float* value = first + i == step.position ? own_value : values + (first + i) * cache_stride;
#pragma unroll
      for (int c = 0; c < columns; ++c)
        if (c * warp_size + lane < width) averages[c] = fmaf(one, value[c * warp_size + lane], averages[c]);
    }
  }
  const float scale = 1.0f / over_warp(sum, Sum());
  Out* to = out + row * out_stride + head * width;
#pragma unroll
  for (int c = 0; c < columns; ++c)
    if (c * warp_size + lane < width) store(to + c * warp_size + lane, averages[c] * scale);
}

}  // namespace

void CudaOps::cached_attention(View out, View qkv, const DecoderCache& cache, std::span<const Index> slots,
                               std::span<const Index> positions, Index heads, const RelativeBiasTable& bias) {
  if (out.rows == 0) return;
  std::vector<Step> steps;
  for (std::size_t i = 0; i < slots.size(); ++i) steps.push_back({to_int32(slots[i]), to_int32(positions[i])});
  const int width = to_int32(out.cols / heads);
  const Launch shape{.blocks_x = blocks_for(out.rows * heads, threads / warp_size), .threads = threads};
  const Step* on_device = descriptors_.put(std::span<const Step>(steps));
  with_head_width<32, 64, 128, 256>(width, [&](auto padded) {
    constexpr int own = decltype(padded)::value;
    const auto start = [&](auto* kernel, auto* to) {
      launch("cached_attention", *device_, shape, kernel, to, out.stride, qkv.f32(), qkv.stride, cache.rows.f32(),
             cache.rows.stride, cache.capacity, on_device, out.rows, heads, width, bias.values.f32(),
             bias.values.stride, bias.reach);
    };
    if (out.element == Element::f32)
      start(cached_attention_kernel<own, float>, out.f32());
    else
      start(cached_attention_kernel<own, Bf16>, out.as<Bf16>());
  });
}

}  // namespace lorasweep
