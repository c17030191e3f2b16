// SPDX-License-Identifier: Apache-2.0
// Causal attention whose query heads share keys: whole sequences block by block, and single steps over a cache.
#include "workers/cpu/cpu_ops.h"
#include "workers/cpu/loop_failure.h"

#include <omp.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

constexpr Index block_rows = 64;     ///< queries of a block: what is computed above the diagonal is less than one
constexpr Index chain_of_keys = 32;  ///< values are summed in chains of so many keys, and these then: errors grow less
/// Scores likewise, in shorter chains: where they are large, an attention's error is that of its scores.
constexpr Index chain_of_width = 8;

// Keys beyond the last one are zeros, so that every score is the same kind of sum wherever its sequence ends.
Index padded(Index keys) { return (keys + 15) / 16 * 16; }

View of_group(View qkv, const HeadGroups& groups, Index group, Index after) {
  return qkv.columns(groups.queries() + after + group * groups.width, groups.width);
}

// to [width, keys] <- from [keys, width]; the columns up to `padded_keys` become 0
void turn_keys(float* to, View from, Index padded_keys) {
  for (Index i = 0; i < from.cols; ++i) {
    float* row = to + i * padded_keys;
    for (Index j = 0; j < from.rows; ++j) row[j] = from.f32()[j * from.stride + i];
    std::fill(row + from.rows, row + padded_keys, 0.0f);
  }
}

// The products of a score, as multiply_sum() takes them: queries and turned keys of one width, from key `begin` on.
std::vector<ProductSegment> score_chains(const float* turned, Index begin, Index keys, Index width) {
  std::vector<ProductSegment> chains;
  for (Index i = 0; i < width; i += chain_of_width)
    chains.push_back(
        {.first = i, .w = turned + i * keys + begin, .w_stride = keys, .k = std::min(chain_of_width, width - i)});
  return chains;
}

// Floats that a thread needs: turned keys of one sequence, and the scores of one block.
Index floats_of_thread(Index longest, const HeadGroups& groups) {
  const Index keys = padded(longest);
  return groups.width * keys + std::min(block_rows, longest) * keys;
}

}  // namespace

// One key head of one sequence, with all query heads that use it. A row's bits depend on the rows up to it alone: each
// score is chains over the width, each output chains over the keys in their order, and a key that is not seen adds a
// product with 0.
void CpuOps::attend_group(View result, View qkv, const HeadGroups& groups, Index group, float* memory) {
  const Index length = qkv.rows, width = groups.width, keys = padded(length), shared = groups.heads / groups.key_heads;
  float* const turned = memory;
  float* const scores = memory + width * keys;
  turn_keys(turned, of_group(qkv, groups, group, 0), keys);
  const View values = of_group(qkv, groups, group, groups.keys());
  for (Index first = 0; first < length; first += block_rows) {
    const Index rows = std::min(block_rows, length - first), last = first + rows;
    // Chains begin at the same keys whatever the window, and a score's place among its neighbours is the same.
    const Index begin = groups.first_seen(first) / chain_of_keys * chain_of_keys, count = padded(last) - begin,
                seen = last - begin;
    const std::vector<ProductSegment> of_scores = score_chains(turned, begin, keys, width);
    std::vector<ProductSegment> chains;
    for (Index key = 0; key < seen; key += chain_of_keys)
      chains.push_back({.first = key,
                        .w = values.f32() + (begin + key) * values.stride,
                        .w_stride = values.stride,
                        .k = std::min(chain_of_keys, seen - key)});
    for (Index head = group * shared; head < (group + 1) * shared; ++head) {
      const float* queries = qkv.f32() + first * qkv.stride + head * width;
      std::fill_n(scores, rows * count, 0.0f);
      kernels_.multiply_sum(scores, count, queries, qkv.stride, of_scores.data(), std::ssize(of_scores), rows, count);
      for (Index r = 0; r < rows; ++r) {
        float* const row = scores + r * count;
        const Index own_first = groups.first_seen(first + r) - begin, own_last = first + r + 1 - begin;
        std::fill(row, row + own_first, 0.0f);
        kernels_.scale(row + own_first, row + own_first, groups.scale, own_last - own_first);
        kernels_.softmax(row + own_first, nullptr, own_last - own_first, seen - own_first);
      }
      float* const own = result.f32() + first * result.stride + head * width;
      for (Index r = 0; r < rows; ++r) std::fill_n(own + r * result.stride, width, 0.0f);
      kernels_.multiply_sum(own, result.stride, scores, count, chains.data(), std::ssize(chains), rows, width);
    }
  }
}

void CpuOps::grouped_attention(View out, View qkv, const Sequences& sequences, const HeadGroups& groups) {
  if (out.rows == 0) return;
  const View result = f32_in_place_of(out);
  const int threads = options_.threads;
  const View memory =
      scratch(Slot::scores, Element::f32, threads, row_of_thread(floats_of_thread(sequences.longest(), groups)));
  LoopFailure failure;
#pragma omp parallel for num_threads(threads) schedule(dynamic) if (threads > 1)
  for (Index item = 0; item < sequences.count() * groups.key_heads; ++item)
    failure.guard([&] {
      const Index s = item / groups.key_heads, first = sequences.begin(s), length = sequences.length(s);
      attend_group(result.row_range(first, length), qkv.row_range(first, length), groups, item % groups.key_heads,
                   memory.row_range(omp_get_thread_num(), 1).f32());
    });
  failure.rethrow();
  if (out.element != Element::f32) put(out, result);
}

WorkspaceSize CpuOps::grouped_attention_scratch(const GroupedAttentionShape& largest) const {
  WorkspaceSize size;
  if (narrows()) size.matrix(Slot::context, Element::f32, largest.rows, largest.groups.queries());
  return size.matrix(Slot::scores, Element::f32, options_.threads,
                     row_of_thread(floats_of_thread(largest.longest, largest.groups)));
}

// Keys and values of one row lie side by side in qkv as in the cache.
void CpuOps::store_position(const DecoderCache& cache, Index slot, Index position, const float* keys_and_values) {
  const Index row = slot * cache.capacity + position;
  if (cache.rows.element == Element::bf16)
    kernels_.narrow(keys_and_values, cache.rows.cols, cache.rows.bf16() + row * cache.rows.stride);
  else
    std::memcpy(cache.rows.f32() + row * cache.rows.stride, keys_and_values, cache.rows.cols * sizeof(float));
}

void CpuOps::fill_cache(const DecoderCache& cache, View qkv, const Sequences& sequences, std::span<const Index> slots,
                        const HeadGroups& groups) {
  for (Index s = 0; s < sequences.count(); ++s)
    for (Index i = 0; i < sequences.length(s); ++i)
      store_position(cache, slots[s], i, qkv.f32() + (sequences.begin(s) + i) * qkv.stride + groups.queries());
}

void CpuOps::copy_cache(const DecoderCache& to, const DecoderCache& from) {
  const std::size_t row = from.rows.cols * bytes_of(from.rows.element);
  for (Index slot = 0; slot * from.capacity < from.rows.rows; ++slot)
    std::memcpy(to.rows.as<std::byte>() + slot * to.capacity * row,
                from.rows.as<std::byte>() + slot * from.capacity * row, from.capacity * row);
}

// memory: the scaled query, scores, and in bf16 keys and values of a head in f32.
void CpuOps::step_of_row(float* result, const float* query, const DecoderCache& cache, Index slot, Index position,
                         const HeadGroups& groups, float* memory) {
  const Index width = groups.width, shared = groups.heads / groups.key_heads;
  const Index first = groups.first_seen(position), count = position + 1 - first;
  const Index row = slot * cache.capacity + first;
  float *const scaled = memory, *const scores = scaled + width, *const wide = scores + count;
  for (Index group = 0; group < groups.key_heads; ++group) {
    const float *keys = nullptr, *values = nullptr;
    Index stride = cache.rows.stride;
    if (cache.rows.element == Element::bf16) {
      const std::uint16_t* narrow = cache.rows.bf16() + row * stride + group * width;
      for (Index j = 0; j < count; ++j) {
        kernels_.widen(narrow + j * stride, width, wide + j * 2 * width);
        kernels_.widen(narrow + j * stride + groups.keys(), width, wide + j * 2 * width + width);
      }
      keys = wide;
      values = wide + width;
      stride = 2 * width;
    } else {
      keys = cache.rows.f32() + row * stride + group * width;
      values = keys + groups.keys();
    }
    for (Index head = group * shared; head < (group + 1) * shared; ++head) {
      kernels_.scale(scaled, query + head * width, groups.scale, width);
      kernels_.attend(scaled, keys, values, stride, nullptr, count, width, scores, result + head * width);
    }
  }
}

namespace {

Index floats_of_step(Index positions, const HeadGroups& groups, bool widens) {
  return groups.width + positions + (widens ? 2 * groups.width * positions : 0);
}

}  // namespace

void CpuOps::grouped_step(View out, View qkv, const DecoderCache& cache, std::span<const Index> slots,
                          std::span<const Index> positions, const HeadGroups& groups) {
  if (out.rows == 0) return;
  const View result = f32_in_place_of(out);
  const int threads = options_.threads;
  const Index most = *std::ranges::max_element(positions) + 1;
  const View memory = scratch(Slot::scores, Element::f32, threads,
                              row_of_thread(floats_of_step(most, groups, cache.rows.element == Element::bf16)));
  LoopFailure failure;
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
  for (Index row = 0; row < out.rows; ++row)
    failure.guard([&] {
      const float* query = qkv.f32() + row * qkv.stride;
      store_position(cache, slots[row], positions[row], query + groups.queries());
      step_of_row(result.f32() + row * result.stride, query, cache, slots[row], positions[row], groups,
                  memory.row_range(omp_get_thread_num(), 1).f32());
    });
  failure.rethrow();
  if (out.element != Element::f32) put(out, result);
}

WorkspaceSize CpuOps::grouped_step_scratch(const GroupedStepShape& largest) const {
  WorkspaceSize size;
  if (narrows()) size.matrix(Slot::context, Element::f32, largest.rows, largest.groups.queries());
  return size.matrix(Slot::scores, Element::f32, options_.threads,
                     row_of_thread(floats_of_step(largest.positions, largest.groups, narrows())));
}

}  // namespace lorasweep
