// SPDX-License-Identifier: Apache-2.0
// The letters by which byte-level tokenizers spell bytes: GPT-2's alphabet.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lorasweep {

/// 33-126, 161-172 and 174-255 are themselves; the others, in order, are U+0100 and up.
void append_letters(std::string& out, std::string_view bytes);

/// Nothing: some character is no such letter.
std::optional<std::string> bytes_of_letters(std::string_view letters);

}  // namespace lorasweep
