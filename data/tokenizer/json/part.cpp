// SPDX-License-Identifier: Apache-2.0
#include "data/tokenizer/json/part.h"

#include "data/core/error.h"
#include "data/core/known_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace lorasweep {
namespace {

constexpr std::size_t most_steps = 16;

}  // namespace

TokenizerPart::TokenizerPart(const Json& json, std::string file, std::string place)
    : json_(&json), file_(std::move(file)), place_(std::move(place)) {}

TokenizerPart TokenizerPart::at(const char* key) const {
  if (!json_->is_object()) refuse("is " + shown(*json_) + ", not an object");
  const auto found = json_->find(key);
  if (found == json_->end()) refuse(fmt::format("has no \"{}\"", key));
  return {*found, file_, place_.empty() ? key : fmt::format("{}.{}", place_, key)};
}

std::optional<TokenizerPart> TokenizerPart::find(const char* key) const {
  if (!json_->is_object()) refuse("is " + shown(*json_) + ", not an object");
  const auto found = json_->find(key);
  if (found == json_->end() || found->is_null()) return std::nullopt;
  return at(key);
}

std::string TokenizerPart::text(std::size_t longest) const {
  if (!json_->is_string()) refuse("is " + shown(*json_) + ", not a text");
  const auto& text = json_->get_ref<const std::string&>();
  if (text.size() > longest) refuse(fmt::format("has {} bytes, more than the {} allowed here", text.size(), longest));
  return text;
}

std::int64_t TokenizerPart::number(std::int64_t least, std::int64_t most) const {
  // Unsigned numbers beyond the signed ones would come out negative.
  const bool whole = json_->is_number_integer() &&
                     !(json_->is_number_unsigned() && json_->get<std::uint64_t>() > static_cast<std::uint64_t>(most));
  if (!whole || json_->get<std::int64_t>() < least || json_->get<std::int64_t>() > most)
    refuse(fmt::format("is {}, not a number from {} to {}", shown(*json_), least, most));
  return json_->get<std::int64_t>();
}

bool TokenizerPart::flag() const {
  if (!json_->is_boolean()) refuse("is " + shown(*json_) + ", not true or false");
  return json_->get<bool>();
}

bool TokenizerPart::flag(const char* key, bool otherwise) const {
  const auto part = find(key);
  return part ? part->flag() : otherwise;
}

std::vector<TokenizerPart> TokenizerPart::entries(std::size_t most) const {
  if (!json_->is_array()) refuse("is " + shown(*json_) + ", not a list");
  if (json_->size() > most) refuse(fmt::format("has {} entries, more than the {} allowed here", json_->size(), most));
  std::vector<TokenizerPart> parts;
  for (std::size_t i = 0; i < json_->size(); ++i)
    parts.emplace_back((*json_)[i], file_, fmt::format("{}[{}]", place_, i));
  return parts;
}

std::string TokenizerPart::type() const { return at("type").text(64); }

std::vector<TokenizerPart> TokenizerPart::steps(const char* list) const {
  if (is_null()) return {};
  if (type() != "Sequence") return {*this};
  allow_only({"type", list});
  std::vector<TokenizerPart> all;
  for (const TokenizerPart& step : at(list).entries(most_steps))
    for (TokenizerPart& inner : step.steps(list)) {
      if (all.size() == most_steps) refuse(fmt::format("has more than {} steps", most_steps));
      all.push_back(std::move(inner));
    }
  return all;
}

void TokenizerPart::allow_only(std::initializer_list<std::string_view> keys) const {
  for (const auto& [key, value] : json_->items())
    if (std::ranges::find(keys, key) == keys.end() && !says_nothing(value))
      refuse_unknown(
          fmt::format("has the key \"{}\", which is {}: what that changes is not known here", key, shown(value)));
}

void TokenizerPart::refuse(const std::string& problem) const {
  throw InputError(place_.empty() ? file_ : fmt::format("{}, part {}", file_, place_), problem,
                   "use the tokenizer.json that was published with the model");
}

void TokenizerPart::refuse_unknown(const std::string& problem) const {
  throw InputError(place_.empty() ? file_ : fmt::format("{}, part {}", file_, place_), problem,
                   "choose a model whose tokenizer.json has the parts of docs/formats/tokenizer.md");
}

}  // namespace lorasweep
