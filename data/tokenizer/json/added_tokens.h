// SPDX-License-Identifier: Apache-2.0
// Tokens that are looked for in a text before it is cut into pieces.
#pragma once

#include "data/tokenizer/json/normalizer.h"
#include "data/tokenizer/json/part.h"
#include "data/tokenizer/json/prefix_tree.h"
#include "data/tokenizer/json/vocabulary.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lorasweep {

struct AddedToken {
  std::string content;
  std::int32_t id = 0;
  bool single_word = false;      ///< only where no character of a word is beside it
  bool lstrip = false;           ///< with the white space before it
  bool rstrip = false;           ///< with the white space behind it
  bool normalized = false;       ///< looked for in the normalized text
  bool special = false;          ///< not in decoded texts
  std::string normal_form = {};  ///< of `content`, if `normalized`; else `content`
};

class AddedTokens {
 public:
  AddedTokens() = default;
  /// The file's "added_tokens". InputError for contents or ids that appear twice, and for an id that is not the one
  /// which the library would give: that of the vocabulary, else the next one.
  AddedTokens(const TokenizerPart& part, const Vocabulary& vocabulary, const Normalizer& normalizer);

  const std::map<std::int32_t, AddedToken>& by_id() const { return tokens_; }
  const AddedToken* find(std::int32_t id) const;
  const AddedToken* find(std::string_view content) const;

  /// A part of a text; `token` is null if it is none.
  struct Cut {
    std::string_view text;
    const AddedToken* token = nullptr;
  };
  /// The text in its order: leftmost tokens first, the longest of those that begin at one place. `normalized` says
  /// which tokens are looked for. `steps` grows by the bytes that were looked at, for each byte of the text at most
  /// those of the longest token.
  std::vector<Cut> cut(std::string_view text, bool normalized, std::size_t& steps) const;

 private:
  const PrefixTree& tree(bool normalized) const { return normalized ? in_normalized_ : in_raw_; }

  std::map<std::int32_t, AddedToken> tokens_;
  std::map<std::string, std::int32_t, std::less<>> ids_;
  PrefixTree in_raw_, in_normalized_;
};

}  // namespace lorasweep
