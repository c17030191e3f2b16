// SPDX-License-Identifier: Apache-2.0
// The table as text: a commented TOML file, and the page of documentation.
#include "pipeline/config/config_schema.h"

#include <fmt/format.h>

#include <sstream>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

// JSON and TOML write integers, plain numbers, lists and escaped text alike; nlohmann puts no space into lists.
std::string toml_text(const Json& value) {
  if (!value.is_array()) return value.dump();
  std::string list;
  for (const Json& entry : value) list += (list.empty() ? "" : ", ") + entry.dump();
  return fmt::format("[{}]", list);
}

bool is_set(const Json& value) { return !value.is_null() && !(value.is_array() && value.empty()); }

std::string wrapped_comment(const std::string& text) {
  constexpr std::size_t width = 100;
  std::istringstream words(text);
  std::string all;
  std::size_t column = width;
  for (std::string word; words >> word;) {
    column += 1 + word.size();
    if (column > width) {
      all += all.empty() ? "#" : "\n#";
      column = 2 + word.size();
    }
    all += fmt::format(" {}", word);
  }
  return all + "\n";
}

std::string type_and_range(const Field& field) {
  return field.allowed.empty() ? field.type : field.type == "word" ? field.allowed : field.type + ": " + field.allowed;
}

// '|' would end a table's cell.
std::string cell(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '|') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

RunConfig for_continued_prompts() {
  RunConfig config;
  config.search.composition = Composition::exact;
  config.predict.stop = {"\n\n"};
  return config;
}

}  // namespace

std::string commented_config(bool continues_prompt) {
  const RunConfig values = continues_prompt ? for_continued_prompts() : RunConfig();
  std::string text = "# A sweep, as lorasweep reads it. Every value here is the default; what is left out keeps it.\n";
  if (continues_prompt)
    text +=
        "# But for these, which are for decoder-only models: search.composition (adapters of several origins share no "
        "start,\n# so their factors cannot be summed) and predict.stop (base models do not end their answers).\n";
  text +=
      "# Relative paths start at this file's directory. --set section.key=value and LORASWEEP_SECTION_KEY win over "
      "this file.\n"
      "schema = 1\n";
  for (const Section& section : config_sections()) {
    text += fmt::format("\n{}[{}]\n", wrapped_comment(section.doc), section.name);
    for (const Field& field : config_fields()) {
      if (field.section != section.name) continue;
      text += wrapped_comment(fmt::format("{} ({})", field.doc, type_and_range(field)));
      const Json value = field.get(values);
      text += is_set(value) ? fmt::format("{} = {}\n", field.key, toml_text(value))
                            : fmt::format("# {} = {}\n", field.key, field.example);
    }
  }
  return text;
}

std::string written_config(const RunConfig& config) {
  std::string text = "schema = 1\n";
  const Json all = resolved(config);
  for (const auto& [section, values] : all.items()) {
    text += fmt::format("\n[{}]\n", section);
    for (const auto& [key, value] : values.items())
      if (!value.is_null()) text += fmt::format("{} = {}\n", key, toml_text(value));
  }
  return text;
}

std::string configuration_table() {
  const RunConfig defaults;
  std::string text;
  for (const Section& section : config_sections()) {
    text += fmt::format("\n## [{}]\n{}\n\n| key | type | default | meaning |\n|---|---|---|---|\n", section.name,
                        section.doc);
    for (const Field& field : config_fields()) {
      if (field.section != section.name) continue;
      const Json value = field.get(defaults);
      text += fmt::format("| `{}` | {} | {} | {} |\n", field.key, cell(type_and_range(field)),
                          is_set(value) ? fmt::format("`{}`", cell(toml_text(value))) : "not set", cell(field.doc));
    }
  }
  return text;
}

}  // namespace lorasweep
