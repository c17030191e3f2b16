// SPDX-License-Identifier: Apache-2.0
// Texts as code points, without leaving UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lorasweep {

/// A character and the bytes that spell it.
struct Character {
  char32_t point = 0;
  std::size_t length = 0;
};

/// The character at `at`, which must lie inside `text`. Of bytes that are not UTF-8: U+FFFD and the length of what
/// belongs together, at least 1.
Character character_at(std::string_view text, std::size_t at);

/// `text` with U+FFFD for what is not UTF-8: one for each longest beginning of a character, as the standard recommends
/// and as Rust and Python do.
std::string valid_utf8(std::string_view text);
bool is_valid_utf8(std::string_view text);

void append_utf8(std::string& text, char32_t point);

}  // namespace lorasweep
