// SPDX-License-Identifier: Apache-2.0
// How answers end, beside the model's own end tokens and the number of tokens that are wanted. Travels once, before
// any work.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lorasweep {

struct AnswerEnds {
  std::vector<std::int32_t> tokens;  ///< an answer ends with any of these, too; it keeps it
  /// An answer ends where its text contains one of these, none of which is empty, and is cut before it.
  std::vector<std::string> texts;
  /// What each id adds to the text of an answer (Tokenizer::bytes_of). Used with `texts` only, and may be empty
  /// without.
  std::vector<std::string> token_bytes;
  bool operator==(const AnswerEnds&) const = default;
};

}  // namespace lorasweep
