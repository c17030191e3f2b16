// SPDX-License-Identifier: Apache-2.0
// Self-attention on the CPU: whole sequences (teacher forcing, encoder) and single decoding steps over a cache.
#include "workers/cpu/cpu_ops.h"
#include "workers/cpu/loop_failure.h"

#include <omp.h>

#include <algorithm>
#include <cstring>

namespace lorasweep {

void CpuOps::attention(View out, View q, View k, View v, const Sequences& sequences, Index heads,
                       const RelativeBiasTable& bias, Mask mask) {
  const View result = f32_in_place_of(out);
  const int threads = options_.threads;
  const Index longest = sequences.longest();
  const View scores = scratch(Slot::scores, Element::f32, threads, row_of_thread(heads * longest * longest));
  const auto of_sequence = [&](Index s) {
    const int thread = omp_get_thread_num();
    const Index first = sequences.begin(s), length = sequences.length(s);
    float* own = scores.row_range(thread, 1).f32();
    single_[thread].scores(own, q.row_range(first, length), k.row_range(first, length), heads);
    for (Index h = 0; h < heads; ++h)
      for (Index i = 0; i < length; ++i) {
        // Keys 0, 1, ... of query i lie at distance -i, 1 - i, ...: consecutive entries of the table.
        const float* distances =
            bias.values.data == nullptr ? nullptr : bias.values.f32() + h * bias.values.stride + bias.reach - i;
        const Index visible = mask == Mask::causal ? i + 1 : length;
        kernels_.softmax(own + (h * length + i) * length, distances, visible, length);
      }
    single_[thread].weighted_sums(result.row_range(first, length), own, v.row_range(first, length), heads);
  };
  LoopFailure failure;
#pragma omp parallel for num_threads(threads) schedule(dynamic) if (threads > 1)
  for (Index s = 0; s < sequences.count(); ++s) failure.guard([&] { of_sequence(s); });
  failure.rethrow();
  if (out.element != Element::f32) put(out, result);
}

WorkspaceSize CpuOps::attention_scratch(const AttentionShape& largest) const {
  WorkspaceSize size;
  if (narrows()) size.matrix(Slot::context, Element::f32, largest.rows, largest.heads * largest.width);
  return size.matrix(Slot::scores, Element::f32, options_.threads,
                     row_of_thread(largest.heads * largest.longest * largest.longest));
}

void CpuOps::cached_attention(View out, View qkv, const DecoderCache& cache, std::span<const Index> slots,
                              std::span<const Index> positions, Index heads, const RelativeBiasTable& bias) {
  if (out.rows == 0) return;
  const Index inner = out.cols, width = inner / heads;
  const View result = f32_in_place_of(out);
  const int threads = options_.threads;
  const View scores =
      scratch(Slot::scores, Element::f32, threads, row_of_thread(*std::ranges::max_element(positions) + 1));
  const auto of_row = [&](Index row) {
    const float* query = qkv.f32() + row * qkv.stride;
    const Index position = positions[row];
    float* keys = cache.rows.f32() + slots[row] * cache.capacity * cache.rows.stride;
    std::memcpy(keys + position * cache.rows.stride, query + inner, 2 * inner * sizeof(float));
    float* own = scores.row_range(omp_get_thread_num(), 1).f32();
    for (Index h = 0; h < heads; ++h) {
      const float* distances =
          bias.values.data == nullptr ? nullptr : bias.values.f32() + h * bias.values.stride + bias.reach - position;
      kernels_.attend(query + h * width, keys + h * width, keys + inner + h * width, cache.rows.stride, distances,
                      position + 1, width, own, result.f32() + row * result.stride + h * width);
    }
  };
  LoopFailure failure;
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
  for (Index row = 0; row < out.rows; ++row) failure.guard([&] { of_row(row); });
  failure.rethrow();
  if (out.element != Element::f32) put(out, result);
}

WorkspaceSize CpuOps::cached_attention_scratch(const CachedAttentionShape& largest) const {
  WorkspaceSize size;
  if (narrows()) size.matrix(Slot::context, Element::f32, largest.rows, largest.heads * largest.width);
  return size.matrix(Slot::scores, Element::f32, options_.threads, row_of_thread(largest.positions));
}

}  // namespace lorasweep
