// SPDX-License-Identifier: Apache-2.0
// The tokenizer files that trainers save beside an adapter of a decoder-only model: whether it was trained on the ids
// that it would be given.
#pragma once

#include "data/tokenizer/json/json_tokenizer.h"

#include <filesystem>

namespace lorasweep {

/// Looks at every token that tokenizer.json, added_tokens.json, tokenizer_config.json and special_tokens_map.json of
/// `adapter` name, as far as these are there and are not the bytes of the same files in `base`. InputError naming file
/// and token for one that `tokenizer` does not have, or has under another id. A token that pads is passed over where
/// the tokenizer does not have it: no label and no prompt has it.
void refuse_other_causal_tokens(const std::filesystem::path& adapter, const std::filesystem::path& base,
                                const JsonTokenizer& tokenizer);

}  // namespace lorasweep
