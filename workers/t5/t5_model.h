// SPDX-License-Identifier: Apache-2.0
// T5 as a LanguageModel: packs batches, and decodes behind an encoded source.
#pragma once

#include "workers/language_model.h"
#include "workers/network/decoder_caches.h"
#include "workers/t5/network.h"

#include <cstdint>
#include <span>

namespace lorasweep {

class T5Model final : public LanguageModel {
 public:
  /// `ops` must outlive it; so must the image behind `weights`. `encoder_rows`: source rows that go through the encoder
  /// at once for answers, which bounds its intermediate matrices.
  T5Model(Ops& ops, const T5Config& config, T5Weights weights, Index encoder_rows = 4096);

  Losses losses(std::span<const Example* const> examples, const ComposedMembers& members) override;
  View prefill(std::span<const TokenIds* const> prompts, const ComposedMembers& members, Index max_new_tokens) override;
  View step(std::span<const Index> slots, std::span<const std::int32_t> tokens) override;
  void tokens(View out, View rows) override { network_.argmax(out, rows); }
  void end_answers() override { caches_.close(); }
  void release() override;

 private:
  // Losses and answers alternate: what one of them holds is not the other's.
  enum class Slot { source_ids, decoder_ids, labels, states, nll, answer_ids, answer_states };
  View slot(Slot which, Element element, Index rows, Index cols) {
    return workspace_.matrix(which, element, rows, cols);
  }
  View upload_ids(Slot which, std::span<const std::int32_t> ids);
  void encode(std::span<const TokenIds* const> sources);

  /// The answers under way.
  struct Answers {
    ComposedMembers members;
    Sequences sources;
    View states;  ///< of the sources
    Index position = 0, most_tokens = 0;
  };

  Ops& ops_;
  std::int32_t start_token_;
  Index encoder_rows_;
  T5Network network_;
  Workspace workspace_;
  DecoderCaches caches_;
  Answers answers_;
};

}  // namespace lorasweep
