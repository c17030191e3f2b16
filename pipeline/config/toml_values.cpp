// SPDX-License-Identifier: Apache-2.0
// toml++ nodes to JSON values.
#include "pipeline/config/toml_values.h"

#include "data/core/error.h"
#include "pipeline/config/toml_depth.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <sstream>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* integer = node.as_integer()) return integer->get();
  if (const auto* number = node.as_floating_point()) return number->get();
  if (const auto* truth = node.as_boolean()) return truth->get();
  if (const auto* list = node.as_array()) {
    Json values = Json::array();
    for (const toml::node& entry : *list) values.push_back(to_json(entry));
    return values;
  }
  if (const auto* table = node.as_table()) {
    Json values = Json::object();
    for (const auto& [key, value] : *table) values[std::string(key.str())] = to_json(value);
    return values;
  }
  std::ostringstream date;
  node.visit([&](const auto& value) {
    if constexpr (toml::is_chronological<decltype(value)>) date << value.get();
  });
  return Json::object({{"date", date.str()}});
}

unsigned line_of(const toml::node& node) { return node.source().begin.line; }

// toml++ keeps tables sorted by key; people read files from top to bottom.
std::vector<WrittenValue> values_of(const toml::table& table) {
  std::vector<WrittenValue> values;
  for (const auto& [key, node] : table) values.push_back({std::string(key.str()), to_json(node), line_of(node)});
  std::ranges::stable_sort(values, {}, &WrittenValue::line);
  return values;
}

}  // namespace

WrittenConfig parse_toml(std::string_view text, const std::string& where) {
  if (const unsigned line = first_line_with_too_many_dots(text); line != 0)
    throw ConfigError(fmt::format("{}:{}", where, line),
                      fmt::format("a key has more than {} dots, which no configuration needs", most_dots_of_a_key),
                      "write [section] and below it key = value");
  try {
    const toml::table document = toml::parse(text);
    WrittenConfig written;
    for (const auto& [key, node] : document) {
      if (const auto* table = node.as_table())
        written.sections.push_back({std::string(key.str()), line_of(node), values_of(*table)});
      else
        written.top.push_back({std::string(key.str()), to_json(node), line_of(node)});
    }
    std::ranges::stable_sort(written.top, {}, &WrittenValue::line);
    std::ranges::stable_sort(written.sections, {}, &WrittenSection::line);
    return written;
  } catch (const toml::parse_error& error) {
    const toml::source_position at = error.source().begin;
    throw ConfigError(fmt::format("{}:{}:{}", where, at.line, at.column),
                      "this is not TOML: " + std::string(error.description()));
  }
}

Json parse_toml_value(std::string_view text, const std::string& where) {
  const bool is_flat = first_line_with_too_many_dots(text) == 0;
  try {
    // On a line of its own, and the only key: text that holds more than one value is refused.
    const toml::table document = toml::parse(is_flat ? "value = " + std::string(text) + "\n" : "");
    if (document.size() == 1 && text.find('\n') == std::string_view::npos) return to_json(*document.get("value"));
  } catch (const toml::parse_error&) {
    // reported below, without a position: one within a flag does not help
  }
  throw ConfigError(where, fmt::format("'{}' is not a value", text),
                    "write it as in the file: 40, 0.5, \"text\" or [1, 2]");
}

}  // namespace lorasweep
