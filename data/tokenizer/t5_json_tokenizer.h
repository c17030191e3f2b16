// SPDX-License-Identifier: Apache-2.0
// T5's tokenizer where a directory has tokenizer.json and no spiece.model.
#pragma once

#include "data/tokenizer/json/json_tokenizer.h"
#include "data/tokenizer/t5_settings.h"
#include "data/tokenizer/tokenizer.h"

namespace lorasweep {

/// What the file says, literally. Its ids differ from those of spiece.model (T5Tokenizer) in texts that end with
/// spaces, or hold special tokens or some composed characters (docs/formats/tokenizer.md).
class T5JsonTokenizer final : public Tokenizer {
 public:
  /// InputError naming file and part for a tokenizer.json that cannot be read so, or is not a T5's: other special
  /// tokens, or not exactly </s> behind a text; and for tokens of the files beside it that it does not have.
  explicit T5JsonTokenizer(const std::filesystem::path& directory);

  /// Where the file of such a tokenizer is looked for.
  static std::filesystem::path file_in(const std::filesystem::path& directory);

  /// Ids with the final </s>; longer than the longest sequence of a T5 is cut to its first ids and </s>.
  TokenIds encode(std::string_view text) const override;
  /// Each by itself.
  Pair encode_pair(std::string_view source, std::string_view target) const override;
  /// Special tokens are left out; spaces are cleaned up unless tokenizer_config.json says no.
  std::string decode(std::span<const std::int32_t> ids) const override;

  TokenIds stop_ids() const override;  ///< </s>
  std::string bytes_of(std::int32_t id) const override;
  std::optional<std::int32_t> special_token(std::string_view text) const override;
  int vocabulary() const override;
  std::vector<std::filesystem::path> files() const override;
  std::string settings() const override;

 private:
  std::filesystem::path file_;
  T5TokenizerSettings settings_;
  JsonTokenizer tokenizer_;
};

}  // namespace lorasweep
