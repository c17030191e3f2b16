// SPDX-License-Identifier: Apache-2.0
#include "data/tokenizer/json/vocabulary.h"

#include "data/core/known_keys.h"

#include <fmt/format.h>

#include <algorithm>

namespace lorasweep {
namespace {

using Json = TokenizerPart::Json;

// Of a token; its place is made up only for a refusal, for there are hundreds of thousands.
template <typename Place>
void check_text(const std::string& text, Place place) {
  if (text.size() > Vocabulary::longest_token)
    place().refuse(
        fmt::format("has a token of {} bytes, more than the {} allowed here", text.size(), Vocabulary::longest_token));
}

void check_count(const TokenizerPart& part) {
  if (std::cmp_greater(part.json().size(), Vocabulary::most_tokens))
    part.refuse(
        fmt::format("has {} tokens, more than the {} allowed here", part.json().size(), Vocabulary::most_tokens));
  if (part.json().empty()) part.refuse("has no tokens");
}

void refuse_twins(const TokenizerPart& part, const std::vector<std::optional<std::string>>& texts) {
  std::vector<std::string_view> sorted;
  for (const auto& text : texts) sorted.emplace_back(*text);
  std::ranges::sort(sorted);
  if (const auto twin = std::ranges::adjacent_find(sorted); twin != sorted.end())
    part.refuse(fmt::format("has the token {} twice", shown(Json(*twin))));
}

std::string in_quotes(std::string_view text) { return shown(Json(text)); }

}  // namespace

Vocabulary::Vocabulary(std::vector<std::optional<std::string>> texts) : texts_(std::move(texts)) {
  std::vector<std::pair<std::string_view, std::int32_t>> ids;
  for (std::size_t id = 0; id < texts_.size(); ++id) {
    count_ += texts_[id].has_value();
    if (texts_[id] && !texts_[id]->empty()) ids.emplace_back(*texts_[id], static_cast<std::int32_t>(id));
  }
  tree_ = PrefixTree(std::move(ids));
}

Vocabulary Vocabulary::of_object(const TokenizerPart& part) {
  if (!part.json().is_object()) part.refuse("is " + shown(part.json()) + ", not an object");
  check_count(part);
  std::vector<std::optional<std::string>> texts;
  for (const auto& item : part.json().items()) {
    const std::string& text = item.key();
    const Json& id = item.value();
    const auto entry = [&] {
      return TokenizerPart(id, part.file(), fmt::format("{}[{}]", part.place(), in_quotes(text)));
    };
    check_text(text, entry);
    const bool in_range = id.is_number_unsigned() && id.get<std::uint64_t>() < most_tokens;
    const auto place = static_cast<std::size_t>(in_range ? id.get<std::int64_t>() : entry().number(0, most_tokens - 1));
    if (place >= texts.size()) texts.resize(std::max(place + 1, std::min<std::size_t>(2 * texts.size(), most_tokens)));
    if (texts[place]) entry().refuse(fmt::format("has the id {}, which {} has, too", place, in_quotes(*texts[place])));
    texts[place] = text;
  }
  while (!texts.back()) texts.pop_back();
  return Vocabulary(std::move(texts));
}

Vocabulary Vocabulary::of_list(const TokenizerPart& part) {
  if (!part.json().is_array()) part.refuse("is " + shown(part.json()) + ", not a list");
  check_count(part);
  std::vector<std::optional<std::string>> texts;
  for (std::size_t i = 0; i < part.json().size(); ++i) {
    const Json& entry = part.json()[i];
    const auto place = [&] { return TokenizerPart(entry, part.file(), fmt::format("{}[{}]", part.place(), i)); };
    if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string() || !entry[1].is_number())
      place().refuse("is " + shown(entry) + ", not a text and a score");
    check_text(entry[0].get_ref<const std::string&>(), place);
    texts.emplace_back(entry[0].get<std::string>());
  }
  refuse_twins(part, texts);
  return Vocabulary(std::move(texts));
}

std::optional<std::int32_t> Vocabulary::id_of(std::string_view text) const {
  std::optional<std::int32_t> whole;
  tree_.each_prefix(text, [&](std::size_t length, std::int32_t id) {
    if (length == text.size()) whole = id;
  });
  return whole;
}

const std::string* Vocabulary::text_of(std::int32_t id) const {
  return id < 0 || id >= end() || !texts_[static_cast<std::size_t>(id)] ? nullptr
                                                                        : &*texts_[static_cast<std::size_t>(id)];
}

std::vector<std::optional<std::int32_t>> Vocabulary::byte_ids() const {
  std::vector<std::optional<std::int32_t>> ids;
  for (int byte = 0; byte < 256; ++byte) ids.push_back(id_of(fmt::format("<0x{:02X}>", byte)));
  return ids;
}

}  // namespace lorasweep
