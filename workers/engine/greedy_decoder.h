// SPDX-License-Identifier: Apache-2.0
// Greedy decoding of several prompts, each with the composed model of its member: sequences leave the batch as they
// end.
#pragma once

#include "workers/engine/stop_texts.h"
#include "workers/language_model.h"

#include <cstdint>
#include <span>
#include <vector>

namespace lorasweep {

class GreedyDecoder {
 public:
  /// All must outlive it. An answer ends with any of `stop_tokens`, and before any of `stop_texts`, which may be null.
  GreedyDecoder(Ops& ops, LanguageModel& model, std::vector<std::int32_t> stop_tokens,
                const StopTexts* stop_texts = nullptr)
      : ops_(ops), model_(model), stop_tokens_(std::move(stop_tokens)), stop_texts_(stop_texts), workspace_(ops) {}

  /// Generated ids of each prompt, without the prompt itself, with the stop token if it came within `max_new_tokens`,
  /// cut before a stop text.
  std::vector<TokenIds> decode(std::span<const TokenIds* const> prompts, const ComposedMembers& members,
                               Index max_new_tokens);

  /// Gives back the memory that is kept between calls.
  void release() { workspace_.release(); }

 private:
  Ops& ops_;
  LanguageModel& model_;
  std::vector<std::int32_t> stop_tokens_;
  const StopTexts* stop_texts_;
  Workspace workspace_;
};

}  // namespace lorasweep
