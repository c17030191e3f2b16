// SPDX-License-Identifier: Apache-2.0
// How tokens become a text again.
#pragma once

#include "data/tokenizer/json/part.h"

#include <functional>
#include <string>
#include <vector>

namespace lorasweep {

/// The file's "decoder": any of ByteLevel, Replace, ByteFallback, Fuse, Strip, Metaspace, in a Sequence or alone.
class Decoder {
 public:
  Decoder() = default;
  /// InputError naming another step, damage of these, and a file without a decoder.
  explicit Decoder(const TokenizerPart& part);

  /// The text of tokens. What is not UTF-8 in it became U+FFFD.
  std::string text_of(std::vector<std::string> tokens) const;
  /// What one token adds to a text that has begun: nothing is stripped, and a byte is a byte.
  std::string bytes_of(const std::string& token) const;

 private:
  struct Step {
    std::function<void(std::vector<std::string>& tokens)> all;
    std::function<std::string(const std::string& token)> one;  // null: adds nothing to `all` that a running text has
  };
  static Step read_step(const TokenizerPart& part);

  std::vector<Step> steps_;
};

}  // namespace lorasweep
