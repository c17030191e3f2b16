// SPDX-License-Identifier: Apache-2.0
#include "data/tokenizer/json/added_tokens.h"

#include "data/core/known_keys.h"
#include "data/tokenizer/json/unicode_classes.h"
#include "data/tokenizer/json/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace lorasweep {
namespace {

constexpr std::size_t most_added = 100'000, longest_content = 512;

bool is_of(char32_t point, std::uint8_t classes) { return (unicode_classes(point) & classes) != 0; }

// Where the character that ends before `at` begins.
std::size_t before(std::string_view text, std::size_t at) {
  do --at;
  while (at > 0 && (text[at] & 0xC0) == 0x80);
  return at;
}

bool is_whole_word(std::string_view text, std::size_t begin, std::size_t end) {
  const bool left = begin > 0 && is_of(character_at(text, before(text, begin)).point, unicode::word_character);
  const bool right = end < text.size() && is_of(character_at(text, end).point, unicode::word_character);
  return !left && !right;
}

std::size_t without_spaces_before(std::string_view text, std::size_t begin, std::size_t least) {
  while (begin > least && is_of(character_at(text, before(text, begin)).point, unicode::white_space))
    begin = before(text, begin);
  return begin;
}

std::size_t with_spaces_behind(std::string_view text, std::size_t end) {
  while (end < text.size()) {
    const Character next = character_at(text, end);
    if (!is_of(next.point, unicode::white_space)) break;
    end += next.length;
  }
  return end;
}

AddedToken read_token(const TokenizerPart& part, const Normalizer& normalizer) {
  part.allow_only({"id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"});
  AddedToken token{.content = part.at("content").text(longest_content),
                   .id = static_cast<std::int32_t>(part.at("id").number(0, Vocabulary::most_tokens - 1)),
                   .single_word = part.flag("single_word", false),
                   .lstrip = part.flag("lstrip", false),
                   .rstrip = part.flag("rstrip", false),
                   .normalized = part.flag("normalized", true),
                   .special = part.flag("special", false)};
  if (token.content.empty()) part.at("content").refuse("is empty");
  token.normal_form = token.normalized ? normalizer.normalize(token.content) : token.content;
  return token;
}

}  // namespace

AddedTokens::AddedTokens(const TokenizerPart& part, const Vocabulary& vocabulary, const Normalizer& normalizer) {
  std::int32_t next = vocabulary.count();
  for (const TokenizerPart& entry : part.entries(most_added)) {
    AddedToken token = read_token(entry, normalizer);
    const auto known = vocabulary.id_of(token.content);
    const std::string shown_content = shown(TokenizerPart::Json(token.content));
    if (const std::int32_t given = known.value_or(next); given != token.id)
      entry.refuse(fmt::format("has the token {} with the id {}, {} {}", shown_content, token.id,
                               known ? "in the vocabulary it has" : "the library would give it", given));
    if (!known) ++next;
    if (!ids_.emplace(token.content, token.id).second)
      entry.refuse(fmt::format("has the token {} again", shown_content));
    tokens_.emplace(token.id, std::move(token));
  }
  std::vector<std::pair<std::string_view, std::int32_t>> raw, normalized;
  std::map<std::string_view, std::int32_t> forms;
  for (const auto& [id, token] : tokens_) {
    if (token.normalized && !forms.emplace(token.normal_form, id).second)
      part.refuse(fmt::format("has two tokens that both become {}", shown(TokenizerPart::Json(token.normal_form))));
    if (!token.normal_form.empty()) (token.normalized ? normalized : raw).emplace_back(token.normal_form, id);
  }
  in_raw_ = PrefixTree(std::move(raw));
  in_normalized_ = PrefixTree(std::move(normalized));
}

const AddedToken* AddedTokens::find(std::int32_t id) const {
  const auto found = tokens_.find(id);
  return found == tokens_.end() ? nullptr : &found->second;
}

const AddedToken* AddedTokens::find(std::string_view content) const {
  const auto found = ids_.find(content);
  return found == ids_.end() ? nullptr : find(found->second);
}

std::vector<AddedTokens::Cut> AddedTokens::cut(std::string_view text, bool normalized, std::size_t& steps) const {
  std::vector<Cut> cuts;
  std::size_t given = 0;       // what is before it is given out
  std::size_t spaces_end = 0;  // of the last run of white space that was walked
  for (std::size_t at = 0; at < text.size();) {
    std::size_t length = 0;
    std::int32_t id = 0;
    steps += tree(normalized).each_prefix(text.substr(at), [&](std::size_t found_length, std::int32_t found) {
      length = found_length;
      id = found;
    });
    if (length == 0) {
      ++at;
      continue;
    }
    std::size_t begin = at, end = at + length;
    at = end;  // also where the token is not taken after all
    const AddedToken& token = tokens_.at(id);
    if (token.single_word && !is_whole_word(text, begin, end)) continue;
    if (token.lstrip) begin = std::min(std::max(without_spaces_before(text, begin, given), given), end);
    if (token.rstrip) {
      // A run of white space is walked once, however many tokens stand in it.
      if (end > spaces_end) steps += (spaces_end = with_spaces_behind(text, end)) - end;
      end = std::max(end, spaces_end);
    }
    if (given < begin) cuts.push_back({text.substr(given, begin - given)});
    cuts.push_back({text.substr(begin, end - begin), &token});
    given = end;
  }
  if (given < text.size()) cuts.push_back({text.substr(given)});
  return cuts;
}

}  // namespace lorasweep
