// SPDX-License-Identifier: Apache-2.0
// The table of well-formed bytes of the Unicode standard (3.9, table 3-7).
#include "data/tokenizer/json/utf8.h"

#include <cstdint>

namespace lorasweep {
namespace {

constexpr char32_t replacement = 0xFFFD;

struct Lead {
  std::size_t length;        // of the whole character; 0: no character begins so
  std::uint8_t least, most;  // of the second byte
};

Lead lead_of(std::uint8_t byte) {
  if (byte < 0xC2) return {0, 0, 0};
  if (byte < 0xE0) return {2, 0x80, 0xBF};
  if (byte == 0xE0) return {3, 0xA0, 0xBF};
  if (byte == 0xED) return {3, 0x80, 0x9F};
  if (byte < 0xF0) return {3, 0x80, 0xBF};
  if (byte == 0xF0) return {4, 0x90, 0xBF};
  if (byte < 0xF4) return {4, 0x80, 0xBF};
  if (byte == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

struct Reading {
  Character character;
  bool valid = true;
};

Reading read_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[at + i]); };
  if (byte(0) < 0x80) return {{byte(0), 1}};
  const Lead lead = lead_of(byte(0));
  if (lead.length == 0) return {{replacement, 1}, false};
  char32_t point = byte(0) & (0x7Fu >> lead.length);
  for (std::size_t i = 1; i < lead.length; ++i) {
    const std::uint8_t least = i == 1 ? lead.least : 0x80, most = i == 1 ? lead.most : 0xBF;
    if (at + i >= text.size() || byte(i) < least || byte(i) > most) return {{replacement, i}, false};
    point = point << 6 | (byte(i) & 0x3Fu);
  }
  return {{point, lead.length}};
}

}  // namespace

Character character_at(std::string_view text, std::size_t at) { return read_at(text, at).character; }

bool is_valid_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const Reading reading = read_at(text, at);
    if (!reading.valid) return false;
    at += reading.character.length;
  }
  return true;
}

std::string valid_utf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Reading reading = read_at(text, at);
    if (reading.valid)
      valid += text.substr(at, reading.character.length);
    else
      append_utf8(valid, replacement);
    at += reading.character.length;
  }
  return valid;
}

void append_utf8(std::string& text, char32_t point) {
  const auto add = [&](char32_t byte) { text += static_cast<char>(byte); };
  if (point < 0x80) return add(point);
  if (point < 0x800) {
    add(0xC0 | point >> 6);
  } else {
    if (point < 0x10000) {
      add(0xE0 | point >> 12);
    } else {
      add(0xF0 | point >> 18);
      add(0x80 | (point >> 12 & 0x3F));
    }
    add(0x80 | (point >> 6 & 0x3F));
  }
  add(0x80 | (point & 0x3F));
}

}  // namespace lorasweep
