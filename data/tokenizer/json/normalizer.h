// SPDX-License-Identifier: Apache-2.0
// What is done to a text before it is cut into pieces.
#pragma once

#include "data/tokenizer/json/part.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace lorasweep {

/// The file's "normalizer": any of NFC, Prepend, Replace (a text, or " {2,}"), Strip, Precompiled (sentencepiece's
/// character map), in a Sequence or alone; null is none.
class Normalizer {
 public:
  Normalizer() = default;
  /// InputError naming another step, and damage of these.
  explicit Normalizer(const TokenizerPart& part);

  /// Of valid UTF-8, and valid UTF-8 again. InputError if a text grows beyond all measure.
  std::string normalize(std::string_view text) const;

  bool does_nothing() const { return steps_.empty(); }
  /// No step may take away a text's first character.
  bool keeps_beginnings() const { return keeps_beginnings_; }

 private:
  using Step = std::function<std::string(std::string_view)>;
  Step read_step(const TokenizerPart& part);

  std::vector<Step> steps_;
  bool keeps_beginnings_ = true;
  std::string place_;  // for messages
};

}  // namespace lorasweep
