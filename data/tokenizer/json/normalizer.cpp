// SPDX-License-Identifier: Apache-2.0
#include "data/tokenizer/json/normalizer.h"

#include "data/core/error.h"
#include "data/tokenizer/json/character_map.h"
#include "data/tokenizer/json/nfc.h"
#include "data/tokenizer/json/replacement.h"
#include "data/tokenizer/json/unicode_classes.h"
#include "data/tokenizer/json/utf8.h"

#include <fmt/format.h>

#include <memory>

namespace lorasweep {
namespace {

constexpr std::size_t longest_text = 64;
constexpr std::size_t most_growth = 64;  // a character that unfolds to a phrase has eighteen letters

bool is_space(char32_t point) { return (unicode_classes(point) & unicode::white_space) != 0; }

std::string_view without_spaces(std::string_view text, bool left, bool right) {
  while (left && !text.empty()) {
    const Character first = character_at(text, 0);
    if (!is_space(first.point)) break;
    text.remove_prefix(first.length);
  }
  while (right && !text.empty()) {
    std::size_t last = text.size() - 1;
    while (last > 0 && (text[last] & 0xC0) == 0x80) --last;
    if (!is_space(character_at(text, last).point)) break;
    text = text.substr(0, last);
  }
  return text;
}

}  // namespace

Normalizer::Normalizer(const TokenizerPart& part) : place_(fmt::format("{}, part {}", part.file(), part.place())) {
  for (const TokenizerPart& step : part.steps("normalizers")) steps_.push_back(read_step(step));
}

Normalizer::Step Normalizer::read_step(const TokenizerPart& part) {
  const std::string type = part.type();
  if (type == "NFC") {
    part.allow_only({"type"});
    return [](std::string_view text) { return nfc(text); };
  }
  if (type == "Prepend") {
    part.allow_only({"type", "prepend"});
    return [front = part.at("prepend").text(longest_text)](std::string_view text) {
      return text.empty() ? std::string() : front + std::string(text);
    };
  }
  if (type == "Replace")
    return [replacement = Replacement(part)](std::string_view text) { return replacement.replace(text); };
  if (type == "Strip") {
    part.allow_only({"type", "strip_left", "strip_right"});
    const bool left = part.flag("strip_left", false), right = part.flag("strip_right", false);
    keeps_beginnings_ = keeps_beginnings_ && !left;
    return [left, right](std::string_view text) { return std::string(without_spaces(text, left, right)); };
  }
  if (type == "Precompiled") {
    keeps_beginnings_ = false;
    return [map = std::make_shared<const CharacterMap>(part)](std::string_view text) { return map->replace(text); };
  }
  part.refuse_unknown("is the step \"" + type + "\": known are NFC, Prepend, Replace, Strip and Precompiled");
}

std::string Normalizer::normalize(std::string_view text) const {
  std::string normalized(text);
  for (const Step& step : steps_) {
    normalized = step(normalized);
    if (normalized.size() > most_growth * (text.size() + 1))
      throw InputError(place_, fmt::format("makes a text longer than {} times", most_growth),
                       "use the tokenizer.json that was published with the model");
  }
  return normalized;
}

}  // namespace lorasweep
