// SPDX-License-Identifier: Apache-2.0
// Byte pair encoding: a piece's characters, joined pair by pair in the order of a list.
#pragma once

#include "data/tokenizer/json/merge_table.h"
#include "data/tokenizer/json/token_model.h"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace lorasweep {

/// As the tokenizers library merges: by a heap on (rank, position), where an entry counts if its pair still makes the
/// token that it was entered for. So a piece of n characters takes O(n log n).
class Bpe final : public TokenModel {
 public:
  /// Reads a "model" of type BPE. InputError naming what is damaged (a merge of absent tokens) or not known here
  /// (dropout, prefixes or suffixes of subwords).
  explicit Bpe(const TokenizerPart& part);

  void append(std::string_view piece, TokenIds& ids, std::size_t& steps) const override;

 private:
  void read_merges(const TokenizerPart& list);
  /// The tokens of a piece's characters, before anything is merged.
  TokenIds characters(std::string_view piece, std::size_t& steps) const;
  std::optional<std::int32_t> id_of_character(std::string_view character, char32_t point) const;

  MergeTable merges_;
  bool whole_pieces_ = false;  // "ignore_merges": a piece that is a token is not merged
  bool fuse_unknown_ = false;
  std::optional<std::int32_t> unknown_;
  std::vector<std::optional<std::int32_t>> bytes_;  // empty: characters that are no token are not spelled in bytes
  std::array<std::int32_t, 0x180> first_characters_ = {};  // of the letters of a byte level; -1: no token
};

}  // namespace lorasweep
