// SPDX-License-Identifier: Apache-2.0
// Self-attention on the CPU: whole sequences (teacher forcing, encoder) and single decoding steps over a cache.
#include "workers/cpu/cpu_ops.h"
#include "workers/cpu/loop_failure.h"

#include <omp.h>

#include <algorithm>
#include <cstring>

namespace lorasweep {

void CpuOps::attention(View out, View q, View k, View v, const Sequences& sequences, int heads,
                       const RelativeBiasTable& bias, Mask mask) {
  const View result = out.element == Element::f32 ? out : scratch(2, Element::f32, out.rows, out.cols);
  const auto of_sequence = [&](int s) {
    const int thread = omp_get_thread_num();
    const std::int64_t first = sequences.begin(s), length = sequences.length(s);
    std::vector<float>& scores = scores_[thread];
    scores.resize(std::max(scores.size(), static_cast<std::size_t>(heads * length * length)));
    single_[thread].scores(scores.data(), q.row_range(first, length), k.row_range(first, length), heads);
    for (int h = 0; h < heads; ++h)
      for (std::int64_t i = 0; i < length; ++i) {
        // Keys 0, 1, ... of query i lie at distance -i, 1 - i, ...: consecutive entries of the table.
        const float* distances =
            bias.values.data == nullptr ? nullptr : bias.values.f32() + h * bias.values.stride + bias.reach - i;
        const std::int64_t visible = mask == Mask::causal ? i + 1 : length;
        kernels_.softmax(scores.data() + (h * length + i) * length, distances, static_cast<int>(visible),
                         static_cast<int>(length));
      }
    single_[thread].weighted_sums(result.row_range(first, length), scores.data(), v.row_range(first, length), heads);
  };
  const int threads = options_.threads;
  LoopFailure failure;
#pragma omp parallel for num_threads(threads) schedule(dynamic) if (threads > 1)
  for (int s = 0; s < sequences.count(); ++s) failure.guard([&] { of_sequence(s); });
  failure.rethrow();
  if (out.element != Element::f32) put(out, result);
}

void CpuOps::cached_attention(View out, View qkv, const DecoderCache& cache, std::span<const std::int32_t> slots,
                              std::span<const std::int32_t> positions, int heads, const RelativeBiasTable& bias) {
  const std::int64_t inner = out.cols, width = inner / heads;
  const View result = out.element == Element::f32 ? out : scratch(2, Element::f32, out.rows, out.cols);
  const auto of_row = [&](std::int64_t row) {
    const float* query = qkv.f32() + row * qkv.stride;
    const std::int64_t position = positions[row];
    float* keys = cache.rows.f32() + static_cast<std::int64_t>(slots[row]) * cache.capacity * cache.rows.stride;
    std::memcpy(keys + position * cache.rows.stride, query + inner,
                static_cast<std::size_t>(2 * inner) * sizeof(float));
    std::vector<float>& scores = scores_[omp_get_thread_num()];
    scores.resize(std::max(scores.size(), static_cast<std::size_t>(position + 1)));
    for (int h = 0; h < heads; ++h) {
      const float* distances = bias.values.f32() + h * bias.values.stride + bias.reach - position;
      kernels_.attend(query + h * width, keys + h * width, keys + inner + h * width, cache.rows.stride, distances,
                      static_cast<int>(position + 1), static_cast<int>(width), scores.data(),
                      result.f32() + row * result.stride + h * width);
    }
  };
  const int threads = options_.threads;
  LoopFailure failure;
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
  for (std::int64_t row = 0; row < out.rows; ++row) failure.guard([&] { of_row(row); });
  failure.rethrow();
  if (out.element != Element::f32) put(out, result);
}

}  // namespace lorasweep
