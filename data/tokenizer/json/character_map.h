// SPDX-License-Identifier: Apache-2.0
// Sentencepiece's table of characters and what stands for them, as tokenizer.json carries it.
#pragma once

#include "data/tokenizer/json/part.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lorasweep {

/// A "Precompiled" normalizer: a double-array trie and the replacements that it points to.
class CharacterMap {
 public:
  /// Decodes "precompiled_charsmap" and walks it once (check_character_map()), so that no text leads out of it. An
  /// empty map changes nothing. InputError.
  explicit CharacterMap(const TokenizerPart& part);

  /// As the tokenizers library replaces, which is not as sentencepiece does: by grapheme clusters of less than six
  /// bytes as a whole, else by characters, each by the shortest entry that it begins with.
  std::string replace(std::string_view text) const;

 private:
  /// Nothing: `part` begins with no entry.
  std::optional<std::string_view> replacement_of(std::string_view part) const;

  std::vector<std::uint32_t> units_;
  std::string replacements_;  // each ends with a NUL
};

}  // namespace lorasweep
