// SPDX-License-Identifier: Apache-2.0
// What decoder-only networks compute beside NetworkOps: rotary positions, attention whose query heads share keys, and
// a head with a bypass of its own. A device may lack them (Ops::rotary()). Contract: workers/ops.h.
#pragma once

#include "workers/ops/network_ops.h"
#include "workers/ops/workspace.h"

#include <span>

namespace lorasweep {

/// Rotary positions: cos and sin of every position's angle for every pair of a head.
struct RotaryTable {
  View cosine, sine;  ///< f32 [P, width / 2]
};

/// How the columns of a layer's queries, keys and values lie: [heads * width | key_heads * width | key_heads * width].
struct HeadGroups {
  Index heads = 0, key_heads = 0;  ///< query head h uses keys and values number h * key_heads / heads
  Index width = 0;                 ///< of one head
  float scale = 1;                 ///< of scores
  Index window = 0;                ///< position i sees those above i - window; 0: all up to itself

  Index queries() const { return heads * width; }
  Index keys() const { return key_heads * width; }
  Index all() const { return queries() + 2 * keys(); }
  /// The first position that position i sees.
  Index first_seen(Index i) const { return window == 0 || i < window ? 0 : i - window + 1; }
};

/// Gains of the norm over each head of queries and keys, before they are rotated; no data: there is none.
struct HeadNorms {
  View query, key;  ///< f32 [1, width]
  double epsilon = 0;
};

/// The largest calls.
struct GroupedAttentionShape {
  Index rows = 0, longest = 0;  ///< of all sequences, of one
  HeadGroups groups;
};
struct GroupedStepShape {
  Index rows = 0, positions = 0;
  HeadGroups groups;
};

/// What these operations keep for themselves (ops/scratch.h).
class RotaryScratch {
 public:
  virtual ~RotaryScratch() = default;
  virtual WorkspaceSize grouped_attention_scratch(const GroupedAttentionShape& largest) const = 0;
  virtual WorkspaceSize grouped_step_scratch(const GroupedStepShape& largest) const = 0;
};

class RotaryOps : public RotaryScratch {
 public:
  /// y f32 [R, n] += bias f32 [1, n], row by row
  virtual void add_bias(View y, View bias) = 0;
  /// out f32 [rows.size(), d]: those rows of in
  virtual void gather(View out, View in, std::span<const Index> rows) = 0;
  /// In place on the queries and keys of qkv, f32 [R, groups.all()], row i at positions[i]: norm, then rotation of the
  /// pairs (j, j + width / 2) of every head.
  virtual void rotate(View qkv, std::span<const Index> positions, const RotaryTable& table, const HeadGroups& groups,
                      const HeadNorms& norms) = 0;
  /// Causal attention of packed sequences, qkv f32 [R, groups.all()]; out activation [R, groups.queries()]. Memory
  /// grows with the length of a sequence, not with its square; nothing above the diagonal's blocks is computed.
  virtual void grouped_attention(View out, View qkv, const Sequences& sequences, const HeadGroups& groups) = 0;
  /// Keys and values of sequence i are stored as the first positions of slot slots[i] of a cache whose rows are of any
  /// element, [.., 2 * groups.keys()].
  virtual void fill_cache(const DecoderCache& cache, View qkv, const Sequences& sequences, std::span<const Index> slots,
                          const HeadGroups& groups) = 0;
  /// The positions of every slot of `from` are copied into `to`, which has more of them.
  virtual void copy_cache(const DecoderCache& to, const DecoderCache& from) = 0;
  /// One decoding step: row i of qkv is position positions[i] of slot slots[i]; its key and value are stored, then it
  /// attends to the positions up to its own. out activation [R, groups.queries()]
  virtual void grouped_step(View out, View qkv, const DecoderCache& cache, std::span<const Index> slots,
                            std::span<const Index> positions, const HeadGroups& groups) = 0;
  /// As target_nll() and argmax(), of logits f32 [R, V] that are there already.
  virtual void nll_of_logits(View out, View logits, View labels) = 0;
  virtual void argmax_of_logits(View out, View logits) = 0;
};

}  // namespace lorasweep
