// SPDX-License-Identifier: Apache-2.0
// Numbers in text, whatever the locale.
#include "pipeline/weights/row_values.h"

#include "data/core/error.h"
#include "pipeline/config/nearest_name.h"
#include "pipeline/weights/weight_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

namespace lorasweep {
namespace {

constexpr std::size_t shown = 60;

std::string in_short(const std::string& text) { return text.size() <= shown ? text : text.substr(0, shown) + "..."; }

// The whole text as a number of this type.
template <typename T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

void require_row_key(const std::string& key, const std::string& where) {
  if (std::ranges::find(row_keys, key) != row_keys.end()) return;
  const std::vector<std::string> known(row_keys.begin(), row_keys.end());
  const auto meant = nearest_name(key, known);
  throw InputError(where, fmt::format("has a column \"{}\", which weights do not have", in_short(key)),
                   meant ? fmt::format("did you mean {}?", *meant)
                         : "the first line names the columns: task, seed, adapter, weight, and place for a scope");
}

std::optional<std::uint32_t> seed_of_text(const std::string& text, const std::string& where) {
  if (text.empty()) return std::nullopt;
  if (const auto seed = number<std::uint32_t>(text)) return seed;
  throw InputError(where, fmt::format("the seed \"{}\" is not an integer from 0 to 4294967295", in_short(text)),
                   "leave it empty for all seeds");
}

double weight_of_text(const std::string& text, const std::string& where) {
  if (text.empty()) throw InputError(where, "the weight is missing", "a weight of 0 leaves an adapter out");
  const auto weight = number<double>(text.starts_with('+') ? std::string_view(text).substr(1) : text);
  if (!weight || !std::isfinite(*weight))
    throw InputError(where, fmt::format("the weight \"{}\" is not a finite number", in_short(text)),
                     "write it like 0.25 or -1e-3, without spaces");
  return *weight;
}

void require_room_for_row(std::size_t rows, const std::string& file) {
  if (rows >= most_weight_rows)
    throw InputError(file, fmt::format("has more than {} rows", most_weight_rows),
                     "an empty cell means all tasks, seeds or adapters");
}

}  // namespace lorasweep
