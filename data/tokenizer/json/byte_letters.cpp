// SPDX-License-Identifier: Apache-2.0
#include "data/tokenizer/json/byte_letters.h"

#include "data/tokenizer/json/utf8.h"

#include <array>
#include <cstdint>

namespace lorasweep {
namespace {

constexpr char32_t letters_end = 0x144;  // of the last byte that is not itself

constexpr bool is_itself(int byte) {
  return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255);
}

struct Alphabet {
  std::array<std::string, 256> letters;
  std::array<std::int16_t, letters_end> bytes;  // of a code point; -1: none

  Alphabet() {
    bytes.fill(-1);
    char32_t next = 0x100;
    for (int byte = 0; byte < 256; ++byte) {
      const char32_t point = is_itself(byte) ? static_cast<char32_t>(byte) : next++;
      append_utf8(letters[static_cast<std::size_t>(byte)], point);
      bytes[point] = static_cast<std::int16_t>(byte);
    }
  }
};

const Alphabet& alphabet() {
  static const Alphabet made;
  return made;
}

}  // namespace

void append_letters(std::string& out, std::string_view bytes) {
  const Alphabet& known = alphabet();
  for (const char byte : bytes) out += known.letters[static_cast<unsigned char>(byte)];
}

std::optional<std::string> bytes_of_letters(std::string_view letters) {
  const Alphabet& known = alphabet();
  std::string bytes;
  for (std::size_t at = 0; at < letters.size();) {
    const Character letter = character_at(letters, at);
    if (letter.point >= letters_end || known.bytes[letter.point] < 0) return std::nullopt;
    bytes += static_cast<char>(known.bytes[letter.point]);
    at += letter.length;
  }
  return bytes;
}

}  // namespace lorasweep
