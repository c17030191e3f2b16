// SPDX-License-Identifier: Apache-2.0
// Rows of a JSON list.
#include "pipeline/weights/json_rows.h"

#include "data/core/error.h"
#include "data/core/json.h"
#include "pipeline/weights/row_values.h"

#include <fmt/format.h>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

const Json& value_of(const Json& row, const char* key) {
  static const Json nothing;
  return row.contains(key) ? row.at(key) : nothing;
}

std::string text_of(const Json& row, const char* key, const std::string& where) {
  const Json& value = value_of(row, key);
  if (value.is_null()) return "";
  if (!value.is_string())
    throw InputError(fmt::format("{}.{}", where, key), "is not text", "write a name, or leave it out for all");
  return value.get<std::string>();
}

// A number is read as in a table, so that the rules are the same.
std::string number_of(const Json& row, const char* key, const std::string& where) {
  const Json& value = value_of(row, key);
  if (value.is_null() || (value.is_string() && value.get_ref<const std::string&>().empty())) return "";
  if (!value.is_number())
    throw InputError(fmt::format("{}.{}", where, key), "is not a number", "write it without quotes");
  return value.dump();
}

WeightRow row_of(const Json& row, const std::string& where) {
  if (!row.is_object())
    throw InputError(where, "is not an object",
                     "write rows like {\"task\": \"...\", \"seed\": 1, \"adapter\": \"...\", \"weight\": 0.5}");
  for (const auto& [key, value] : row.items()) require_row_key(key, where);
  return {.task = text_of(row, "task", where),
          .seed = seed_of_text(number_of(row, "seed", where), where + ".seed"),
          .adapter = text_of(row, "adapter", where),
          .place = text_of(row, "place", where),
          .weight = weight_of_text(number_of(row, "weight", where), where + ".weight"),
          .where = where};
}

}  // namespace

WeightRows parse_json_rows(std::string_view text, const std::string& file) {
  const Json document = parse_json(text, file, {.bytes = most_weight_bytes});
  if (!document.is_array())
    throw InputError(file, "is JSON, but not a list",
                     "write [{\"task\": \"...\", \"seed\": 1, \"adapter\": \"...\", \"weight\": 0.5}, ...]");
  WeightRows rows;
  for (std::size_t i = 0; i < document.size(); ++i) {
    require_room_for_row(i, file);
    rows.rows.push_back(row_of(document[i], fmt::format("{}: [{}]", file, i)));
  }
  return rows;
}

}  // namespace lorasweep
