// SPDX-License-Identifier: Apache-2.0
// The tokens of a model and their ids.
#pragma once

#include "data/tokenizer/json/part.h"
#include "data/tokenizer/json/prefix_tree.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lorasweep {

/// Every text and every id once; ids may have gaps.
class Vocabulary {
 public:
  static constexpr std::int64_t most_tokens = 1'000'000;  ///< published ones have up to some 262,000
  static constexpr std::size_t longest_token = 4096;      ///< in bytes

  /// Takes {"text": id, ...}, or a list of [text, score], whose ids are their places. InputError for a text or an id
  /// that appears twice, and beyond the limits.
  static Vocabulary of_object(const TokenizerPart& part);
  static Vocabulary of_list(const TokenizerPart& part);

  std::optional<std::int32_t> id_of(std::string_view text) const;
  /// The tokens that begin a text.
  const PrefixTree& tree() const { return tree_; }
  /// nullptr: no token has that id.
  const std::string* text_of(std::int32_t id) const;
  std::int32_t count() const { return count_; }
  std::int32_t end() const { return static_cast<std::int32_t>(texts_.size()); }  ///< one more than the greatest id

  /// The ids of "<0x00>" to "<0xFF>", where they are tokens.
  std::vector<std::optional<std::int32_t>> byte_ids() const;

 private:
  /// No text twice.
  explicit Vocabulary(std::vector<std::optional<std::string>> texts);

  std::vector<std::optional<std::string>> texts_;
  PrefixTree tree_;
  std::int32_t count_ = 0;
};

}  // namespace lorasweep
