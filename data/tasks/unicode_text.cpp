// SPDX-License-Identifier: Apache-2.0
// Decodes UTF-8; white space and lower case by ranges of code points.
#include "data/tasks/unicode_text.h"

#include <algorithm>
#include <cstddef>
#include <optional>

namespace lorasweep {
namespace {

constexpr char32_t escaped_byte = 0xDC00;

struct Character {
  char32_t value;
  std::size_t bytes;
};

/// The character that `bytes` begins with (RFC 3629).
std::optional<Character> first_character(std::string_view bytes) {
  const auto lead = static_cast<unsigned char>(bytes.front());
  if (lead < 0x80) return Character{lead, 1};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || bytes.size() < length) return std::nullopt;

  char32_t value = lead & (0xFFu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(bytes[i]);
    if ((next & 0xC0u) != 0x80) return std::nullopt;
    value = (value << 6) | (next & 0x3Fu);
  }
  constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < smallest[length] || value > 0x10FFFF || surrogate) return std::nullopt;
  return Character{value, length};
}

bool within(char32_t c, char32_t first, char32_t last) { return c >= first && c <= last; }

/// Blocks that alternate capital and small letters; the capitals of a block are all even or all odd.
bool is_alternating_capital(char32_t c) {
  const bool even = c % 2 == 0;
  if (within(c, 0x100, 0x137)) return even && c != 0x130;
  if (within(c, 0x139, 0x148)) return !even;
  if (within(c, 0x14A, 0x177)) return even;
  if (within(c, 0x179, 0x17E)) return !even;
  return within(c, 0x218, 0x21B) && even;
}

}  // namespace

bool is_utf8(std::string_view bytes) {
  const std::u32string text = code_points(bytes);
  return std::none_of(text.begin(), text.end(),
                      [](char32_t c) { return within(c, escaped_byte, escaped_byte + 0xFF); });
}

std::u32string code_points(std::string_view bytes) {
  std::u32string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const char32_t escaped = escaped_byte + static_cast<unsigned char>(bytes.front());
    const Character next = first_character(bytes).value_or(Character{escaped, 1});
    text += next.value;
    bytes.remove_prefix(next.bytes);
  }
  return text;
}

bool is_space(char32_t c) {
  return within(c, 0x09, 0x0D) || within(c, 0x1C, 0x20) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         within(c, 0x2000, 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

char32_t lower(char32_t c) {
  if (within(c, 'A', 'Z')) return c + 32;
  if (c < 0xC0) return c;
  if (within(c, 0xC0, 0xDE) && c != 0xD7) return c + 32;
  if (c == 0x178) return 0xFF;
  if (is_alternating_capital(c)) return c + 1;
  // Greek
  if (c == 0x386) return 0x3AC;
  if (within(c, 0x388, 0x38A)) return c + 37;
  if (c == 0x38C) return 0x3CC;
  if (within(c, 0x38E, 0x38F)) return c + 63;
  if (within(c, 0x391, 0x3AB) && c != 0x3A2) return c + 32;
  // Cyrillic
  if (within(c, 0x400, 0x40F)) return c + 80;
  if (within(c, 0x410, 0x42F)) return c + 32;
  return c;
}

}  // namespace lorasweep
