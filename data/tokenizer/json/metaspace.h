// SPDX-License-Identifier: Apache-2.0
// Sentencepiece's way with spaces, which a pre-tokenizer takes in and a decoder takes back.
#pragma once

#include "data/tokenizer/json/part.h"

#include <string>
#include <string_view>

namespace lorasweep {

/// A "Metaspace" part, in the forms of all versions of the file.
struct Metaspace {
  enum class Prepend { always, first, never };

  /// InputError.
  explicit Metaspace(const TokenizerPart& part);

  /// Marks in the place of spaces, and one in front where that is asked for and there is none.
  std::string mark(std::string_view text, bool at_start) const;

  std::string replacement;  ///< the mark, one character
  Prepend prepend = Prepend::always;
  bool split = true;
};

}  // namespace lorasweep
