// SPDX-License-Identifier: Apache-2.0
// A decoder-only network as a LanguageModel: packs batches, and continues prompts over caches.
#pragma once

#include "workers/causal/key_value_caches.h"
#include "workers/causal/network.h"
#include "workers/language_model.h"

#include <cstdint>
#include <span>
#include <vector>

namespace lorasweep {

class CausalModel final : public LanguageModel {
 public:
  /// `ops` must outlive it; so must the image behind `weights`. `rows_at_once`: rows of prompts that go through the
  /// layers at once for answers, which bounds its intermediate matrices.
  CausalModel(Ops& ops, const CausalConfig& config, CausalWeights weights, Index rows_at_once = 4096);

  /// std::out_of_range for an example that has more tokens than there are positions.
  Losses losses(std::span<const Example* const> examples, const ComposedMembers& members) override;
  /// std::out_of_range for a prompt whose longest answer would have more.
  View prefill(std::span<const TokenIds* const> prompts, const ComposedMembers& members, Index max_new_tokens) override;
  View step(std::span<const Index> slots, std::span<const std::int32_t> tokens) override;
  void tokens(View out, View rows) override;
  void end_answers() override { caches_.close(); }
  void release() override;

 private:
  // Losses and answers alternate: what one of them holds is not the other's.
  enum class Slot { ids, labels, states, nll, answer_ids, answer_states };
  View slot(Slot which, Element element, Index rows, Index cols) {
    return workspace_.matrix(which, element, rows, cols);
  }
  View upload_ids(Slot which, std::span<const std::int32_t> ids);
  /// The members' rows of a matrix with a row for each of these slots, which ascend.
  Bypass bypass_of(std::span<const Index> slots) const;
  /// Takes the prompts from `first` on through the layers, as many as may go together: the states of their last rows
  /// go into the same rows of `states`. The end of them.
  Index pass_prompts(std::span<const TokenIds* const> prompts, Index first, View states);

  /// The answers under way.
  struct Answers {
    ComposedMembers members;
    std::vector<Index> lengths;  ///< of prompt and answer so far, by slot
    Index most_positions = 0;    ///< of the longest one, with its answer
    Bypass last_rows;            ///< of the rows that prefill() or step() returned
  };

  Ops& ops_;
  Index rows_at_once_;
  CausalNetwork network_;
  Workspace workspace_;
  KeyValueCaches caches_;
  Answers answers_;
};

}  // namespace lorasweep
