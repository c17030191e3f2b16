// SPDX-License-Identifier: Apache-2.0
// Sentencepiece models built by hand: protobuf fields, pieces, character maps.
#pragma once

#include "data/core/file.h"

#include <bit>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace lorasweep {

inline std::string real_model() {
  return read_file(std::filesystem::path(LORASWEEP_DEMO_DIR) / "base" / "spiece.model", 64u << 20);
}

inline std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 128; value >>= 7) bytes += static_cast<char>((value & 127) | 128);
  return bytes + static_cast<char>(value);
}
inline std::string little_endian(std::uint32_t value) {
  std::string bytes;
  for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(value >> shift & 255);
  return bytes;
}
inline std::string number_field(std::uint64_t number, std::uint64_t value) {
  return varint(number << 3) + varint(value);
}
inline std::string bytes_field(std::uint64_t number, std::string_view content) {
  return varint(number << 3 | 2) + varint(content.size()) + std::string(content);
}
inline std::string float_field(std::uint64_t number, float value) {
  return varint(number << 3 | 5) + little_endian(std::bit_cast<std::uint32_t>(value));
}

inline std::string piece(std::string_view text, std::uint64_t type = 1, float score = -1) {
  return bytes_field(1, bytes_field(1, text) + float_field(2, score) + number_field(3, type));
}
/// "<pad>", "</s>", "<unk>" and some letters.
inline std::string plain_pieces() {
  std::string pieces = piece("<pad>", 3, 0) + piece("</s>", 3, 0) + piece("<unk>", 2, 0) + piece("\u2581");
  for (const char* letter : {"a", "b", "c"}) pieces += piece(letter);
  return pieces;
}

/// A unit of a Darts-clone trie: `offset` is XORed with the unit's own index to reach its children.
inline std::uint32_t unit(std::uint32_t offset, std::uint32_t label, bool leaf = false) {
  return offset << 10 | (leaf ? 1u << 8 : 0u) | label;
}
inline std::string character_map(const std::vector<std::uint32_t>& units, std::string_view replacements) {
  std::string trie;
  for (const std::uint32_t each : units) trie += little_endian(each);
  return little_endian(static_cast<std::uint32_t>(trie.size())) + trie + std::string(replacements);
}
inline std::string normalizer(std::string_view map) { return bytes_field(3, bytes_field(2, map)); }

/// A map that replaces "a" by "b": the root's children begin at unit 256, those of "a" at 512.
inline std::vector<std::uint32_t> one_letter_trie() {
  std::vector<std::uint32_t> units(768, 0);
  units[0] = unit(256, 0);
  units[256 ^ 'a'] = unit((256 ^ 'a') ^ 512, 'a', true);
  units[512] = 0x80000000u | 0;  // the value: where its replacement begins
  return units;
}

}  // namespace lorasweep
