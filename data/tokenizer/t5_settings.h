// SPDX-License-Identifier: Apache-2.0
// What tokenizer_config.json says apart from tokens.
#pragma once

#include "data/core/known_keys.h"

#include <filesystem>
#include <span>

namespace lorasweep {

struct T5TokenizerSettings {
  int extra_ids = 100;   ///< sentinels
  bool clean_up = true;  ///< decoded texts lose the spaces before punctuation
  bool legacy = true;    ///< false: versions of transformers differ where a text holds special tokens or U+2581
};

/// What is done with each key (docs/formats/tokenizer.md); in addition, every key that ends with "_token" names a
/// token.
std::span<const KnownKey> t5_tokenizer_keys();
bool names_a_token(std::string_view key);

/// Reads `directory`/tokenizer_config.json if it exists. InputError naming file and key for a setting under which
/// transformers would make other ids or texts.
T5TokenizerSettings read_t5_tokenizer_settings(const std::filesystem::path& directory);

}  // namespace lorasweep
