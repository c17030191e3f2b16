// SPDX-License-Identifier: Apache-2.0
// Texts that end an answer, found in the bytes of its tokens: a text may begin in one token and end in another.
//
// The text that is complete first ends the answer; of several that one token completes, the one that begins first. What
// is kept are tokens whose text is the answer's text before it: where it begins inside a token, that token's bytes
// before it are spelled by other tokens, the longest ones first.
#pragma once

#include "workers/work/answer_ends.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace lorasweep {

class StopTexts {
 public:
  StopTexts() = default;
  /// std::invalid_argument for an empty text.
  explicit StopTexts(AnswerEnds ends);
  StopTexts(const StopTexts&) = delete;  // one part refers to another
  StopTexts& operator=(const StopTexts&) = delete;

  bool empty() const { return texts_.empty(); }

  /// The text of an answer as far as a stop text may still begin in it.
  class Tail {
    friend class StopTexts;
    std::string bytes_;
  };
  /// Whether `answer`, whose last token is new to `tail`, contains a stop text now; it is cut then. Bytes that no
  /// tokens spell are lost, which cannot happen where every byte has a token.
  bool end(std::vector<std::int32_t>& answer, Tail& tail) const;

 private:
  std::string_view bytes_of(std::int32_t id) const;
  void keep(std::vector<std::int32_t>& answer, std::size_t unwanted) const;
  void spell(std::vector<std::int32_t>& answer, std::string_view bytes) const;

  std::vector<std::string> texts_, token_bytes_;
  std::size_t longest_text_ = 0, longest_token_ = 0;
  std::unordered_map<std::string_view, std::int32_t> token_of_;  ///< of bytes: the lowest id
};

}  // namespace lorasweep
