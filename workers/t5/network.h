// SPDX-License-Identifier: Apache-2.0
// The T5 network with a LoRA bypass, written once over Ops. Every call enqueues; nothing waits, nothing reads device
// memory on the host.
#pragma once

#include "workers/lora/composer.h"
#include "workers/ops.h"
#include "workers/t5/t5_weights.h"

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace lorasweep {

/// Final-normed encoder states of packed sources, and which source each decoder sequence attends to.
struct EncodedSources {
  View states;  ///< activation [rows of sources, d]
  const Sequences* sources = nullptr;
  std::span<const Index> source_of;
};

/// Rows of the largest calls: sources packed in one encode(), positions in one decode() or decode_step().
struct NetworkRows {
  Index encoder = 0, decoder = 0;
};

class T5Network {
 public:
  /// `ops` must outlive it; so must the image behind `weights`.
  T5Network(Ops& ops, const T5Config& config, T5Weights weights);

  /// Makes the intermediate matrices of calls up to this size, which then allocate nothing (Ops::repeat).
  void reserve(NetworkRows rows);
  /// What they take.
  static WorkspaceSize workspace_size(const T5Config& config, Element activation, NetworkRows rows);
  /// Gives them back. Whatever was enqueued must have happened.
  void release() { workspace_.release(); }

  /// states (activation [R, d]) <- ids (i32 [R, 1]).
  void encode(View states, View ids, const Sequences& sources, const Bypass& bypass);

  /// Final-normed decoder states, activation [R, d], of whole targets under a causal mask. Valid until the next call.
  View decode(View ids, const Sequences& targets, const EncodedSources& sources, const Bypass& bypass);

  /// The same for one position of several sequences: row i is position positions[i] of slot slots[i] of the caches (one
  /// a layer).
  View decode_step(View ids, std::span<const DecoderCache> caches, std::span<const Index> slots,
                   std::span<const Index> positions, const EncodedSources& sources, const Bypass& bypass);

  void target_nll(View out, View states, View labels) { ops_.target_nll(out, states, weights_.head, labels); }
  void argmax(View out, View states) { ops_.argmax(out, states, weights_.head); }

  const T5Config& config() const { return config_; }

 private:
  enum class Slot { residual, normed, projected, context, query, hidden, active, output };
  View slot(Slot which, Element element, Index rows, Index cols) {
    return workspace_.matrix(which, element, rows, cols);
  }
  struct Matrix {
    Slot slot;
    Element element;
    Index rows, cols;
  };
  static std::vector<Matrix> matrices(const T5Config& config, Element activation, NetworkRows rows);
  void project(View y, View x, const BoundPart& part, Accumulate accumulate, const Bypass& bypass);
  View normalized(View residual, View gain);
  void feed_forward(View residual, const LayerWeights& weights, const Bypass& bypass);
  void cross_attend(View residual, const LayerWeights& weights, const Sequences& targets, const EncodedSources& sources,
                    const Bypass& bypass);
  /// context <- queries, keys and values of a layer
  using SelfAttention = std::function<void(View context, View qkv, Index layer)>;
  View decoder_stack(View ids, const Sequences& targets, const EncodedSources& sources, const Bypass& bypass,
                     const SelfAttention& attend);

  Ops& ops_;
  T5Config config_;
  T5Weights weights_;
  Workspace workspace_;
};

}  // namespace lorasweep
