// SPDX-License-Identifier: Apache-2.0
// Units of the trie as Darts-clone lays them out: a label in the low byte, a flag that a value follows, and the offset
// to the children, which is XORed with the place.
#include "data/tokenizer/json/character_map.h"

#include "data/tokenizer/json/utf8.h"
#include "data/tokenizer/model_check.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <array>
#include <cstring>

namespace lorasweep {
namespace {

constexpr std::size_t longest_map = std::size_t{6} << 20;  // in base64
constexpr std::size_t longest_cluster = 5;

std::string bytes_of_base64(const TokenizerPart& part) {
  const std::string text = part.text(longest_map);
  std::string bytes;
  std::uint32_t bits = 0;
  int known = 0;
  for (const char c : std::string_view(text).substr(0, text.find('='))) {
    const std::uint32_t digit = c >= 'A' && c <= 'Z'   ? static_cast<std::uint32_t>(c - 'A')
                                : c >= 'a' && c <= 'z' ? static_cast<std::uint32_t>(c - 'a' + 26)
                                : c >= '0' && c <= '9' ? static_cast<std::uint32_t>(c - '0' + 52)
                                : c == '+'             ? 62u
                                : c == '/'             ? 63u
                                                       : 64u;
    if (digit == 64) part.refuse("is not base64");
    bits = bits << 6 | digit;
    known += 6;
    if (known < 8) continue;
    known -= 8;
    bytes += static_cast<char>(bits >> known & 255);
  }
  return bytes;
}

std::uint32_t label(std::uint32_t unit) { return unit & 0x800000FFu; }
bool has_value(std::uint32_t unit) { return (unit >> 8 & 1) != 0; }
std::uint32_t offset(std::uint32_t unit) { return (unit >> 10) << ((unit & (1u << 9)) >> 6); }

}  // namespace

CharacterMap::CharacterMap(const TokenizerPart& part) {
  part.allow_only({"type", "precompiled_charsmap"});
  const TokenizerPart map = part.at("precompiled_charsmap");
  const std::string bytes = map.is_null() ? "" : bytes_of_base64(map);
  if (bytes.empty()) return;
  check_character_map(bytes, fmt::format("{}, part {}", map.file(), part.place()));
  std::uint32_t trie_bytes = 0;
  std::memcpy(&trie_bytes, bytes.data(), sizeof trie_bytes);  // little-endian machine, as for weights
  units_.resize(trie_bytes / sizeof(std::uint32_t));
  std::memcpy(units_.data(), bytes.data() + sizeof trie_bytes, trie_bytes);
  replacements_ = bytes.substr(sizeof trie_bytes + trie_bytes);
  if (!is_valid_utf8(replacements_)) map.refuse("has replacements that are not UTF-8");
}

std::optional<std::string_view> CharacterMap::replacement_of(std::string_view part) const {
  std::uint32_t at = offset(units_[0]);
  for (const char byte : part) {
    at ^= static_cast<unsigned char>(byte);
    if (byte == 0 || label(units_[at]) != static_cast<unsigned char>(byte)) return std::nullopt;
    const bool ends = has_value(units_[at]);
    at ^= offset(units_[at]);
    if (!ends) continue;
    const std::size_t begin = units_[at] & 0x7FFFFFFFu;
    return std::string_view(replacements_).substr(begin, replacements_.find('\0', begin) - begin);
  }
  return std::nullopt;
}

std::string CharacterMap::replace(std::string_view text) const {
  if (units_.empty()) return std::string(text);
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    utf8proc_int32_t state = 0;
    Character last = character_at(text, at);
    for (end += last.length; end < text.size(); end += last.length) {
      const Character next = character_at(text, end);
      if (utf8proc_grapheme_break_stateful(static_cast<utf8proc_int32_t>(last.point),
                                           static_cast<utf8proc_int32_t>(next.point), &state) != 0)
        break;
      last = next;
    }
    const std::string_view cluster = text.substr(at, end - at);
    const auto whole = cluster.size() <= longest_cluster ? replacement_of(cluster) : std::nullopt;
    if (whole) out += *whole;
    for (std::size_t i = 0; !whole && i < cluster.size();) {
      const std::string_view character = cluster.substr(i, character_at(cluster, i).length);
      out += replacement_of(character).value_or(character);
      i += character.size();
    }
    at = end;
  }
  return out;
}

}  // namespace lorasweep
