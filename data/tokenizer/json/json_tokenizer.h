// SPDX-License-Identifier: Apache-2.0
// A tokenizer as its tokenizer.json describes it, read literally: what the file says is done, and a part that is not
// known here is refused by name. What a family of models makes of it stands in that family's own file.
#pragma once

#include "data/tokenizer/json/added_tokens.h"
#include "data/tokenizer/json/decoder.h"
#include "data/tokenizer/json/normalizer.h"
#include "data/tokenizer/json/pre_tokenizer.h"
#include "data/tokenizer/json/token_model.h"
#include "data/tokenizer/tokenizer.h"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace lorasweep {

class JsonTokenizer {
 public:
  /// What the file puts around a text.
  struct Template {
    TokenIds before, after;
  };

  /// Reads `directory`/tokenizer.json. InputError naming file, part and problem (docs/formats/tokenizer.md).
  static JsonTokenizer of_directory(const std::filesystem::path& directory);
  static std::filesystem::path file_in(const std::filesystem::path& directory);
  /// The same of its bytes; `file` is for messages.
  JsonTokenizer(std::string_view bytes, const std::string& file);

  /// Ids of a text alone. What is not UTF-8 in it is U+FFFD.
  TokenIds ids_of(std::string_view text) const;
  /// The same, and what its time is proportional to: characters, bytes and pairs that were looked at.
  struct Counted {
    TokenIds ids;
    std::size_t steps = 0;
  };
  Counted counted_ids_of(std::string_view text) const;

  const Template& around() const { return around_; }
  /// The decoded text; special tokens and ids without a token are left out.
  std::string text_of(std::span<const std::int32_t> ids) const;
  /// What a token adds to a running answer; nothing for special tokens.
  std::string bytes_of(std::int32_t id) const;

  std::optional<std::int32_t> id_of(std::string_view token) const;
  std::optional<std::int32_t> special_id(std::string_view token) const;  ///< of a special token
  const AddedTokens& added_tokens() const { return added_; }
  int vocabulary() const;  ///< one more than the greatest id
  /// A text that begins with a letter gets a space in front.
  bool puts_space_in_front() const;

 private:
  void read_template(const TokenizerPart& part);
  /// A token as the decoder takes it; nothing for a special one.
  std::optional<std::string> token(std::int32_t id) const;
  void append(std::string_view text, bool at_start, Counted& out) const;

  std::unique_ptr<TokenModel> model_;
  Normalizer normalizer_;
  PreTokenizer pre_tokenizer_;
  AddedTokens added_;
  Template around_;
  Decoder decoder_;
};

}  // namespace lorasweep
