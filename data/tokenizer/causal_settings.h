// SPDX-License-Identifier: Apache-2.0
// What the files beside a decoder-only model's tokenizer.json say: which token ends a text, and nothing that
// tokenizer.json does not say, too.
#pragma once

#include "data/core/known_keys.h"
#include "data/tokenizer/json/json_tokenizer.h"

#include <cstdint>
#include <filesystem>
#include <span>

namespace lorasweep {

struct CausalTokenizerSettings {
  std::int32_t end = 0;  ///< the id of eos_token
};

/// What is done with each key of tokenizer_config.json (docs/formats/tokenizer.md); in addition, every other key that
/// ends with "_token" names one.
std::span<const KnownKey> causal_tokenizer_keys();

/// Reads tokenizer_config.json, special_tokens_map.json and added_tokens.json of `directory`, as far as they exist.
/// InputError naming file and key or token for a setting under which transformers would make other ids, for a token
/// that `tokenizer` does not have or has with another id or other flags, and if no eos_token is named.
CausalTokenizerSettings read_causal_tokenizer_settings(const std::filesystem::path& directory,
                                                       const JsonTokenizer& tokenizer);

}  // namespace lorasweep
