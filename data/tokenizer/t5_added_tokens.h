// SPDX-License-Identifier: Apache-2.0
// Tokens that the files beside spiece.model add to its pieces.
#pragma once

#include "data/tokenizer/t5_fast_tokenizer.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string_view>

namespace lorasweep {

/// The id of a special token that the tokenizer cuts out of a text, or nothing.
using SpecialId = std::function<std::optional<std::int32_t>(std::string_view token)>;

/// Reads added_tokens.json, special_tokens_map.json and tokenizer_config.json of a model directory, as far as they
/// exist. InputError naming file and token for one that is not a special token of T5, or has another id: the text of
/// such a token would be cut into pieces that the model was never trained on.
void refuse_added_tokens(const std::filesystem::path& directory, const SpecialId& special_id);
/// The same of tokenizer.json, too, which is compared with `pieces` besides.
void refuse_added_tokens(const std::filesystem::path& directory, const SpecialId& special_id, const T5Pieces& pieces);

/// The same tokens of the same files beside an adapter, which its training saved there; files that have the bytes of
/// the base model's are not looked into. Nothing else in them says what the adapter was given.
void refuse_tokens_of_adapter(const std::filesystem::path& adapter, const std::filesystem::path& base,
                              const SpecialId& special_id);

}  // namespace lorasweep
