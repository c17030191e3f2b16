// SPDX-License-Identifier: Apache-2.0
// The tokenizer of decoder-only models: tokenizer.json, read literally.
#pragma once

#include "data/tokenizer/causal_settings.h"
#include "data/tokenizer/json/json_tokenizer.h"
#include "data/tokenizer/tokenizer.h"

namespace lorasweep {

class CausalTokenizer final : public Tokenizer {
 public:
  /// Reads `directory`/tokenizer.json and what the files beside it say. `model_ends`: the end tokens of config.json and
  /// generation_config.json. InputError naming file, part and problem; also for a template that puts something behind a
  /// text.
  explicit CausalTokenizer(const std::filesystem::path& directory, const TokenIds& model_ends = {});

  /// Where the file of such a tokenizer is looked for.
  static std::filesystem::path file_in(const std::filesystem::path& directory);

  /// With the tokens that the file puts in front of a text, unless the text begins with these itself. Never cut: what
  /// is too long for the model is refused by who knows the example's name.
  TokenIds encode(std::string_view text) const override;
  /// Both texts together, and the end token; the source is as long as the prompt by itself. InputError for a pair that
  /// has no token before its first label, or no label.
  Pair encode_pair(std::string_view source, std::string_view target) const override;
  /// Without special tokens, not cleaned up, not stripped.
  std::string decode(std::span<const std::int32_t> ids) const override;

  TokenIds stop_ids() const override;  ///< those of the model and the tokenizer's own, sorted
  std::string bytes_of(std::int32_t id) const override;
  std::optional<std::int32_t> special_token(std::string_view text) const override;
  void refuse_other_tokens(const std::filesystem::path& adapter) const override;
  int vocabulary() const override;
  std::vector<std::filesystem::path> files() const override;
  std::string settings() const override;

 private:
  std::filesystem::path file_;
  JsonTokenizer tokenizer_;
  CausalTokenizerSettings settings_;
  TokenIds stop_ids_;
};

}  // namespace lorasweep
