// SPDX-License-Identifier: Apache-2.0
// T5's tokenizer, as Hugging Face's slow T5Tokenizer behaves, over the sentencepiece library.
#pragma once

#include "data/tokenizer/tokenizer.h"

#include <memory>

namespace lorasweep {

class T5Tokenizer final : public Tokenizer {
 public:
  /// Loads `directory`/spiece.model after its bytes passed `check_sentencepiece_model`
  /// (docs/formats/tokenizer.md), and what tokenizer_config.json says; the other tokenizer files are compared with
  /// these. InputError.
  explicit T5Tokenizer(const std::filesystem::path& directory);
  ~T5Tokenizer() override;
  T5Tokenizer(T5Tokenizer&&) noexcept;
  T5Tokenizer& operator=(T5Tokenizer&&) noexcept;

  /// Where the file of such a tokenizer is looked for.
  static std::filesystem::path file_in(const std::filesystem::path& directory);

  /// Ids with the final </s>; longer than the longest sequence of a T5 is cut to its first ids and </s>.
  TokenIds encode(std::string_view text) const override;
  /// The same with another bound: longer than `max_length` is cut to its first max_length - 1 ids and </s>.
  TokenIds encode(std::string_view text, std::size_t max_length) const;
  /// Each by itself.
  Pair encode_pair(std::string_view source, std::string_view target) const override;
  /// decode(skip_special_tokens=True) with clean_up_tokenization_spaces, unless tokenizer_config.json says false.
  std::string decode(std::span<const std::int32_t> ids) const override;

  TokenIds stop_ids() const override;  ///< </s>
  std::string bytes_of(std::int32_t id) const override;
  std::optional<std::int32_t> special_token(std::string_view text) const override;
  void refuse_other_tokens(const std::filesystem::path& adapter) const override;
  int vocabulary() const override;  ///< pieces and sentinels
  std::vector<std::filesystem::path> files() const override;
  std::string settings() const override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lorasweep
