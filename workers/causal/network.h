// SPDX-License-Identifier: Apache-2.0
// The decoder-only network with a LoRA bypass, written once over Ops. Every call enqueues; nothing waits, nothing reads
// device memory on the host.
#pragma once

#include "workers/causal/causal_weights.h"
#include "workers/lora/composer.h"
#include "workers/ops.h"

#include <functional>
#include <span>
#include <vector>

namespace lorasweep {

/// Rows of the largest calls: of a pass through the layers, of those that go on to the head, of a decoding step.
struct CausalRows {
  Index passed = 0, to_head = 0, stepped = 0;
};

class CausalNetwork {
 public:
  /// `ops` must outlive it; so must the image behind `weights`. InternalError for a device without rotary().
  CausalNetwork(Ops& ops, const CausalConfig& config, CausalWeights weights);

  /// Makes the intermediate matrices of calls up to this size, which then allocate nothing (Ops::repeat).
  void reserve(CausalRows rows);
  /// What they take.
  static WorkspaceSize workspace_size(const CausalConfig& config, Element activation, CausalRows rows);
  /// Gives them back. Whatever was enqueued must have happened.
  void release() { workspace_.release(); }

  /// Where prompts leave their keys and values: the caches of all layers, and each sequence's slot.
  struct Filling {
    std::span<const DecoderCache> caches;
    std::span<const Index> slots;
  };
  /// states (activation [picked.size(), d]) <- ids (i32 [R, 1]): final-normed, of these rows of whole sequences under a
  /// causal mask. `filling` may be null.
  void forward(View states, View ids, const Sequences& sequences, std::span<const Index> picked, const Bypass& bypass,
               const Filling* filling = nullptr);
  /// The same for one position of several sequences: row i is position positions[i] of slot slots[i]. Valid until the
  /// next call.
  View step(View ids, std::span<const DecoderCache> caches, std::span<const Index> slots,
            std::span<const Index> positions, const Bypass& bypass);

  /// Of rows of states; `bypass` by these rows.
  void target_nll(View out, View states, View labels, const Bypass& bypass);
  void argmax(View out, View states, const Bypass& bypass);
  /// logits f32 [R, V]
  void logits(View out, View states, const Bypass& bypass) {
    project(out, states, weights_.head, Accumulate::no, bypass);
  }

  const CausalConfig& config() const { return config_; }

 private:
  enum class Slot { residual, normed, projected, context, hidden, active, picked, output, logits };
  View slot(Slot which, Element element, Index rows, Index cols) {
    return workspace_.matrix(which, element, rows, cols);
  }
  struct Matrix {
    Slot slot;
    Element element;
    Index rows, cols;
  };
  static std::vector<Matrix> matrices(const CausalConfig& config, Element activation, CausalRows rows);
  void project(View y, View x, const BoundPart& part, Accumulate accumulate, const Bypass& bypass);
  View normalized(View residual, View gain);
  void feed_forward(View residual, const CausalLayer& layer, const Bypass& bypass);
  /// context <- queries, keys and values of a layer
  using Attention = std::function<void(View context, View qkv, Index layer, const HeadGroups& groups)>;
  View layers(View ids, std::span<const Index> positions, const Bypass& bypass, const Attention& attend);
  /// Whether the bypass changes the head of any of its rows.
  bool changes_head(const Bypass& bypass) const;
  /// Calls `use` with the logits of some rows after the other, and the first of them.
  void with_logits(View states, const Bypass& bypass, const std::function<void(View logits, Index first)>& use);

  Ops& ops_;
  RotaryOps& rotary_;
  CausalConfig config_;
  CausalWeights weights_;
  HeadGroups groups_;
  Workspace workspace_;
};

}  // namespace lorasweep
