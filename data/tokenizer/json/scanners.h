// SPDX-License-Identifier: Apache-2.0
// The four regular expressions by which published byte-level tokenizers cut texts into words, as hand-written scanners:
// no expression of a stranger is ever run.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace lorasweep {

enum class WordPattern {
  gpt2,     ///< GPT-2, Pythia, SmolLM2
  llama3,   ///< up to three digits a word
  qwen2,    ///< one digit a word
  qwen3_5,  ///< as qwen2, with marks inside words
};

/// The pattern that is written so, character by character.
std::optional<WordPattern> word_pattern(std::string_view regular_expression);

/// Where the word that begins at `at` ends, which is behind `at`: the patterns cover every text. `text` is valid UTF-8.
/// `steps` grows by the number of characters that were looked at; over a whole text they are at most some four times
/// its characters.
std::size_t word_end(WordPattern pattern, std::string_view text, std::size_t at, std::size_t& steps);

}  // namespace lorasweep
