// SPDX-License-Identifier: Apache-2.0
// How much of a device's memory a T5 network takes beside its image.
//
// In rows: Rs and Rt are the source and target rows of an evaluation, N the examples of a prediction, C the encoder's
// rows at once, d = d_model, i = heads * d_kv, f = d_ff, L decoder layers, a = bytes of an activation, T = the most
// tokens of an answer.
//   network, for both kinds of work (R the larger of encoder and decoder rows):
//     residual 4 R d, normed a R d, projected 12 R i, context a R i, hidden 8 R f (relu: 4), active a R f,
//     query 4 Rt i, output a Rt d
//   evaluation: states a Rs d, ids 4 (Rs + 2 Rt), losses 8 Rt
//   prediction: states a (all source rows) d, ids 4 max(C, N), caches 8 N i (16 L + (L + 1) T)
// Matrices of a workspace are a quarter larger than they need to be (Workspace::with_slack); caches are not.
#pragma once

#include "data/model/t5_config.h"
#include "workers/language_model.h"

namespace lorasweep {

class T5Memory final : public ModelMemory {
 public:
  explicit T5Memory(const T5Config& config) : config_(config) {}

  std::size_t evaluation(const BatchShape& shape, Index members) const override;
  std::size_t prediction(const BatchShape& shape, Index examples, Index rows_at_once) const override;
  WorkspaceSize evaluation_scratch(const ScratchSizes& ops, const BatchShape& shape, Index members) const override;
  WorkspaceSize prediction_scratch(const ScratchSizes& ops, const BatchShape& shape, Index examples,
                                   Index rows_at_once) const override;

 private:
  /// Of the encoder over `rows` rows; of what both uses of the decoder have in common; of a bypass.
  WorkspaceSize encoder_scratch(const ScratchSizes& ops, const BatchShape& shape, Index rows) const;
  WorkspaceSize decoder_scratch(const ScratchSizes& ops, const BatchShape& shape, Index rows,
                                Index longest_target) const;
  WorkspaceSize bypass_scratch(const ScratchSizes& ops, const BatchShape& shape, Index rows) const;

  T5Config config_;
};

}  // namespace lorasweep
