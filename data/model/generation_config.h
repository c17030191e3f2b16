// SPDX-License-Identifier: Apache-2.0
// generation_config.json: what transformers' generate() would do by itself. Answers here are greedy, so whatever would
// make other answers than greedy ones is refused.
#pragma once

#include "data/core/known_keys.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace lorasweep {

/// The tokens that a model's config.json names.
struct AnswerTokens {
  std::int32_t start = 0;  ///< an answer begins with it
  std::int32_t end = 1;    ///< it ends an answer
  std::int32_t pad = 0;
};

/// What is done with each key (docs/formats/model.md). config.json may have them too: transformers 4 reads them there.
std::span<const KnownKey> generation_keys();

/// Checks `directory`/generation_config.json if it exists. InputError naming file and key for a setting under
/// which greedy answers would be others, and for tokens that are not those of config.json.
void check_generation_config(const std::filesystem::path& directory, const AnswerTokens& tokens);

/// Of a decoder-only model: the tokens, below `vocabulary`, that the file says an answer ends with; none without a
/// file. What it says of sampling is passed over: published files of such models sample, and answers are greedy.
/// InputError for other settings as above.
std::vector<std::int32_t> read_generation_ends(const std::filesystem::path& directory, int vocabulary);

}  // namespace lorasweep
