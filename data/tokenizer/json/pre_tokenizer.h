// SPDX-License-Identifier: Apache-2.0
// How a text is cut into the pieces that are then made into tokens, each by itself.
#pragma once

#include "data/tokenizer/json/part.h"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace lorasweep {

/// Texts, one behind the other in one memory.
class Pieces {
 public:
  std::size_t size() const { return ends_.size(); }
  std::string_view operator[](std::size_t i) const {
    const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
    return std::string_view(text_).substr(begin, ends_[i] - begin);
  }
  void add(std::string_view piece) { grow() += piece, finish(); }
  /// For a piece that is made in place: what is appended to `grow()` until `finish()`. Empty ones are left out.
  std::string& grow() { return text_; }
  void finish() {
    if (text_.size() > (ends_.empty() ? 0 : ends_.back())) ends_.push_back(text_.size());
  }

 private:
  std::string text_;
  std::vector<std::size_t> ends_;
};

/// The file's "pre_tokenizer": any of Split (one of the four expressions, or a text), Digits, ByteLevel, Metaspace,
/// WhitespaceSplit, in a Sequence or alone; null is none: the text is one piece.
class PreTokenizer {
 public:
  PreTokenizer() = default;
  /// InputError naming another step, and damage of these.
  explicit PreTokenizer(const TokenizerPart& part);

  /// Pieces of a text, which is valid UTF-8. `at_start`: it is the beginning of the whole text. `steps` grows by the
  /// characters that were looked at: at most some four times those of the text, for each step of the part.
  Pieces cut(std::string_view text, bool at_start, std::size_t& steps) const;

  /// Something depends on where the whole text begins.
  bool asks_for_start() const { return asks_for_start_; }

 private:
  /// What one step makes of one piece.
  using Step = std::function<void(std::string_view piece, bool at_start, Pieces& out, std::size_t& steps)>;
  Step read_step(const TokenizerPart& part);
  Step read_split(const TokenizerPart& part);
  Step read_byte_level(const TokenizerPart& part);
  Step read_metaspace(const TokenizerPart& part);

  std::vector<Step> steps_;
  bool asks_for_start_ = false;
  bool removes_ = false;  // a step leaves characters out
};

}  // namespace lorasweep
