// SPDX-License-Identifier: Apache-2.0
// Compares the keys of a JSON object with a table of known ones.
#include "data/core/known_keys.h"

#include "data/core/error.h"
#include "data/core/json.h"

#include <fmt/format.h>

#include <algorithm>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t longest_shown = 100;

bool is_usual(const Json& value, const KnownKey& key) {
  if (value.is_null()) return true;
  const Json usual = Json::parse(key.note);
  return std::find(usual.begin(), usual.end(), value) != usual.end();
}

}  // namespace

bool says_nothing(const Json& value) {
  return value.is_null() || value == false || (value.is_structured() && value.empty()) || value == "";
}

std::string shown(const Json& value) {
  const std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  return text.size() <= longest_shown ? text : text.substr(0, longest_shown) + "...";
}

const KnownKey* find_key(std::span<const KnownKey> table, std::string_view key) {
  const auto found = std::ranges::find(table, key, &KnownKey::key);
  return found == table.end() ? nullptr : &*found;
}

void refuse_other_keys(const Json& object, std::span<const KnownKey> table, const std::string& file,
                       const std::string& remedy) {
  for (const auto& [key, value] : object.items()) {
    const std::string where = fmt::format("{}, key \"{}\"", file, key);
    const KnownKey* known = find_key(table, key);
    if (known == nullptr && !says_nothing(value))
      throw InputError(where,
                       "is " + shown(value) + ": what that changes is not known here, results might be silently wrong",
                       remedy);
    if (known != nullptr && known->use == KeyUse::usual && !is_usual(value, *known))
      throw InputError(where, fmt::format("is {}: only {} is followed", shown(value), known->note), remedy);
  }
}

}  // namespace lorasweep
