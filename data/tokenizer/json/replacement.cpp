// SPDX-License-Identifier: Apache-2.0
#include "data/tokenizer/json/replacement.h"

#include "data/core/known_keys.h"

#include <algorithm>

namespace lorasweep {
namespace {

constexpr std::size_t longest_text = 64;
constexpr std::string_view two_and_more_spaces = " {2,}";

}  // namespace

std::string text_of_pattern(const TokenizerPart& pattern) {
  pattern.allow_only({"String"});
  const std::string text = pattern.at("String").text(longest_text);
  if (text.empty()) pattern.refuse("is an empty text, which stands everywhere");
  return text;
}

Replacement::Replacement(const TokenizerPart& part) {
  part.allow_only({"type", "pattern", "content"});
  content_ = part.at("content").text(longest_text);
  const TokenizerPart pattern = part.at("pattern");
  runs_of_spaces_ = pattern.json().is_object() && pattern.json().size() == 1 &&
                    pattern.json().value("Regex", TokenizerPart::Json()) == two_and_more_spaces;
  if (!runs_of_spaces_) pattern_ = text_of_pattern(pattern);
}

std::string Replacement::replace(std::string_view text) const {
  std::string out;
  out.reserve(text.size());
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t found = text.find(runs_of_spaces_ ? "  " : pattern_, from);
    out += text.substr(from, found - from);
    if (found == std::string_view::npos) break;
    out += content_;
    from = runs_of_spaces_ ? std::min(text.find_first_not_of(' ', found), text.size()) : found + pattern_.size();
  }
  return out;
}

}  // namespace lorasweep
