// SPDX-License-Identifier: Apache-2.0
// What a network computes. Shapes: R rows, d = d_model, H heads, k = d_kv, S source and T target length of a sequence,
// V vocabulary, r rank. Contract: workers/ops.h.
#pragma once

#include "workers/ops/packing.h"
#include "workers/ops/view.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <span>
#include <vector>

namespace lorasweep {

/// Sequences lying end to end in the rows of a matrix: sequence i has rows [offsets[i], offsets[i + 1]).
struct Sequences {
  std::vector<Index> offsets = {0};
  Index count() const { return std::ssize(offsets) - 1; }
  Index begin(Index i) const { return offsets[i]; }
  Index length(Index i) const { return offsets[i + 1] - offsets[i]; }
  Index rows() const { return offsets.back(); }
  Index longest() const {
    Index most = 0;
    for (Index i = 0; i < count(); ++i) most = std::max(most, length(i));
    return most;
  }
};

/// Relative position bias: values[h][j - i + reach] is added to the score of query i and key j; |j - i| <= reach.
struct RelativeBiasTable {
  View values;  ///< f32 [H, 2 * reach + 1]
  Index reach = 0;
};

/// A row of the adapter library, and what its bypass is multiplied by.
struct WeightedRow {
  std::int32_t row = 0;
  float weight = 0;
};

/// One changed site of a segment: y[:, column : column + out] += t[:, first_rank : first_rank + rank] * b.
struct LoraTerm {
  Index column = 0, out = 0;
  Index first_rank = 0, rank = 0;
  View b;  ///< f32 [rank, out]: B transposed, scaling folded in
};

/// One adapter, or adapters whose factors were summed, at sites that share their input: t = x * a, then its terms.
struct LoraSegment {
  View a;  ///< f32 [in, total rank]: A transposed, sites side by side
  std::vector<LoraTerm> terms;
  /// Given: a and the terms' b are said of row 0 of the adapter library; the ones that count lie row_stride floats
  /// further for every row up to chosen->row, and t is multiplied by chosen->weight. In the device's memory, so that
  /// what a device recorded serves whichever adapters a member has.
  const WeightedRow* chosen = nullptr;
};

/// The bypass of a member: y += the sum of its segments, on the member's rows. Blocks of the same rows change different
/// columns of y. Segments with `chosen` are summed each from 0, one after the other in their order, and then added to
/// y. A segment without it is the only one of its block.
struct LoraBlock {
  Index row_begin = 0, row_end = 0;
  std::vector<LoraSegment> segments;
  Index row_stride = 0;  ///< floats of a row of the library

  Index rows() const { return row_end - row_begin; }
  bool weighted() const { return !segments.empty() && segments.front().chosen != nullptr; }
  /// Columns of all t side by side.
  Index columns() const {
    Index sum = 0;
    for (const LoraSegment& segment : segments) sum += segment.a.cols;
    return sum;
  }
};

/// Absorbed cross-attention of one layer: keys and values over the source are never formed.
///   q~_h = W_k,h^T q_h (+ A_k^T B_k,h^T q_h),  c_h = softmax(q~_h E^T) E,  o_h = W_v,h c_h (+ B_v,h A_v c_h)
struct CrossProjections {
  std::vector<Projection> key_transposed;  ///< per head: k -> d
  std::vector<Projection> value;           ///< per head: d -> k
};

enum class Accumulate { no, yes };
enum class Mask { none, causal };
enum class Activation { relu, gated_gelu, gated_silu };

/// Keys and values of earlier decoding steps. Slot s, position p: row s * capacity + p of [slots * capacity, 2 * H * k]
/// (keys, then values).
struct DecoderCache {
  View rows;
  Index capacity = 0;
};

class NetworkOps {
 public:
  virtual ~NetworkOps() = default;

  /// f32 [R, d] <- f32 [V, d], i32 [R, 1]
  virtual void embed(View out, View table, View ids) = 0;
  /// out activation or f32; in f32; gain f32 [1, d]
  virtual void rms_norm(View out, View in, View gain, double epsilon) = 0;
  /// y f32 [R, out]; x activation [R, in]
  virtual void linear(View y, View x, const Projection& w, Accumulate accumulate) = 0;
  /// y f32, x activation; rows outside blocks untouched
  virtual void lora(View y, View x, std::span<const LoraBlock> blocks) = 0;
  /// Attention of packed sequences: q, k, v f32 [R, H * k] (views into one matrix); out activation. bias may be empty.
  virtual void attention(View out, View q, View k, View v, const Sequences& sequences, Index heads,
                         const RelativeBiasTable& bias, Mask mask) = 0;
  /// Absorbed cross-attention: q f32 [R, H * k] over `targets`, states activation [rows of sources, d]; target sequence
  /// i attends to source sequence source_of[i]. `key_lora`, `value_lora`: bypasses of k and v by target rows, at most
  /// one term a segment. out activation [R, H * k].
  virtual void cross_attention(View out, View q, View states, const Sequences& targets, const Sequences& sources,
                               std::span<const Index> source_of, const CrossProjections& weights,
                               std::span<const LoraBlock> key_lora, std::span<const LoraBlock> value_lora) = 0;
  /// One decoding step: row i of qkv (f32 [R, 3 * H * k]) is position positions[i] of slot slots[i]; its key and value
  /// are appended, then it attends to positions 0..positions[i]. out activation [R, H * k].
  virtual void cached_attention(View out, View qkv, const DecoderCache& cache, std::span<const Index> slots,
                                std::span<const Index> positions, Index heads, const RelativeBiasTable& bias) = 0;
  /// in f32 [R, f] (relu) or [R, 2 f] (gate, linear); out activation [R, f]
  virtual void activate(View out, View in, Activation activation) = 0;
  /// out f64 [R, 1]: negative log-likelihood (natural logarithm) of each row's label, i32 [R, 1].
  virtual void target_nll(View out, View x, const Projection& head, View labels) = 0;
  virtual void argmax(View out, View x, const Projection& head) = 0;  ///< out i32 [R, 1]; the lowest id wins a tie
};

}  // namespace lorasweep
