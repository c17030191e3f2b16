// SPDX-License-Identifier: Apache-2.0
// T5's tokenizer, as Hugging Face's slow T5Tokenizer behaves, over the sentencepiece library.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lorasweep {

using TokenIds = std::vector<std::int32_t>;

class T5Tokenizer {
 public:
  /// Loads `directory`/spiece.model after its bytes passed `check_sentencepiece_model`
  /// (docs/formats/tokenizer.md), and `extra_ids` from tokenizer_config.json where it is there (default 100).
  /// InputError.
  explicit T5Tokenizer(const std::filesystem::path& directory);
  ~T5Tokenizer();
  T5Tokenizer(T5Tokenizer&&) noexcept;
  T5Tokenizer& operator=(T5Tokenizer&&) noexcept;

  /// Ids with the final </s>; longer than `max_length` is cut to its first max_length - 1 ids and </s>.
  TokenIds encode(std::string_view text, std::size_t max_length = 2048) const;
  /// decode(skip_special_tokens=True) with clean_up_tokenization_spaces.
  std::string decode(std::span<const std::int32_t> ids) const;

  int vocabulary() const;  ///< pieces and sentinels
  std::filesystem::path model_file() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lorasweep
