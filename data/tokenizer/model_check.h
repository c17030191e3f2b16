// SPDX-License-Identifier: Apache-2.0
// Checks the bytes of a sentencepiece model before the library, which trusts them, may load them.
#pragma once

#include <string>
#include <string_view>

namespace lorasweep {

/// Walks the model's protobuf: lengths inside their parents, number and length of pieces, finite scores, one
/// <unk>, no piece twice, and every step that a lookup in the precompiled character map can take. InputError
/// naming `where` and the place (docs/formats/tokenizer.md). Pure: bytes in, nothing or an error out.
void check_sentencepiece_model(std::string_view model, const std::string& where);

/// The same for a character map by itself, as tokenizer.json carries it.
void check_character_map(std::string_view map, const std::string& where);

/// The precompiled character map of a model that passed the check: bytes of it, empty if it has none.
std::string_view character_map_of(std::string_view model);

}  // namespace lorasweep
