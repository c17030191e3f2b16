// SPDX-License-Identifier: Apache-2.0
// How much of a device's memory a decoder-only network takes beside its image.
//
// In rows: R those of an evaluation (prompts and completions), T its labels, N the examples of a prediction, C the
// prompt rows at once, d = d_model, q = heads * head width, k = key_heads * head width, f = d_ff, L layers, V the
// vocabulary, a = bytes of an activation, P positions of the longest prompt with its answer.
//   network (R, or the larger of C and N): residual 4 R d, normed a R d, projected 4 R (q + 2 k), context a R q,
//     hidden 8 R f, active a R f, picked 4 T d, logits 4 min(T, 64) V
//   evaluation: states a T d, ids 4 (R + T), losses 8 T
//   prediction: states a N d twice, ids 4 max(C, N), caches a (L + 1) N P 2 k
// Matrices of a workspace are a quarter larger than they need to be (Workspace::with_slack); caches are not.
#pragma once

#include "data/model/causal_config.h"
#include "workers/language_model.h"

namespace lorasweep {

class CausalMemory final : public ModelMemory {
 public:
  explicit CausalMemory(const CausalConfig& config) : config_(config) {}

  std::size_t evaluation(const BatchShape& shape, Index members) const override;
  std::size_t prediction(const BatchShape& shape, Index examples, Index rows_at_once) const override;
  /// What a device without rotary() would keep is not known: nothing.
  WorkspaceSize evaluation_scratch(const ScratchSizes& ops, const BatchShape& shape, Index members) const override;
  WorkspaceSize prediction_scratch(const ScratchSizes& ops, const BatchShape& shape, Index examples,
                                   Index rows_at_once) const override;

 private:
  /// Positions of the longest prompt with its longest answer.
  static Index most_positions(const BatchShape& shape);
  /// Of a pass of so many rows, so many of which go to the head.
  WorkspaceSize pass_scratch(const ScratchSizes& ops, const BatchShape& shape, Index rows, Index longest,
                             Index to_head) const;

  CausalConfig config_;
};

}  // namespace lorasweep
