// SPDX-License-Identifier: Apache-2.0
// The sources of values, one after the other.
#include "pipeline/config/load_config.h"

#include "data/core/file.h"
#include "data/core/foreign_content.h"
#include "pipeline/config/config_builder.h"
#include "pipeline/config/config_schema.h"
#include "pipeline/config/nearest_name.h"
#include "pipeline/config/toml_values.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t most_config_bytes = 1u << 20;
constexpr int schema = 1;
constexpr std::string_view variable_prefix = "LORASWEEP_";
// Variables that are not settings: of the engine (docs/design.md), of job scripts (slurm/run.sbatch.in), of tests.
constexpr std::array<std::string_view, 4> variables_elsewhere = {"MAX_ISA", "EARLIER_RESTARTS", "BBH_DIR", "KILL_SEED"};

bool is_utf8(const std::string& text) {
  try {
    Json(text).dump();
    return true;
  } catch (const Json::type_error&) {
    return false;
  }
}

std::string in_upper_case(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

std::string environment_prefix(const Section& section) { return "LORASWEEP_" + in_upper_case(section.name) + "_"; }

std::vector<std::string> split_at_commas(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find(',', start), text.size());
    parts.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return parts;
}

// Of flags and environment: text needs no quotes and a list no brackets, but both may be written as in the file.
Json override_value(const Field& field, const std::string& text, const std::string& where) {
  if (text.starts_with(field.is_list ? '[' : '"')) return parse_toml_value(text, where);
  const auto one = [&](const std::string& part) { return field.is_text ? Json(part) : parse_toml_value(part, where); };
  if (!field.is_list) return one(text);
  Json list = Json::array();
  if (!text.empty())
    for (const std::string& part : split_at_commas(text)) list.push_back(one(part));
  return list;
}

void set_override(ConfigBuilder& builder, const std::string& section, const std::string& key, const std::string& text,
                  const std::string& where) {
  try {
    if (!is_utf8(text)) throw ConfigError(where, "is not UTF-8", "name files and texts in UTF-8");
    const Field* field = find_field(section, key);
    if (field != nullptr && text.empty() && field->is_optional()) return builder.unset(*field, where);
    builder.set(section, key, field == nullptr ? Json(text) : override_value(*field, text, where), where,
                std::filesystem::current_path());
  } catch (const ConfigError& error) {
    builder.add_problem(error);
  }
}

void check_schema(ConfigBuilder& builder, const WrittenValue& written, const std::string& where) {
  if (written.value != schema)
    builder.add_problem({where, fmt::format("schema is {}, this program reads schema {}", written.value.dump(), schema),
                         fmt::format("write schema = {}, and compare the keys with `lorasweep init`", schema)});
}

void add_unknown_top_level(ConfigBuilder& builder, const WrittenValue& written, const std::string& where) {
  const auto field = std::ranges::find(config_fields(), written.key, &Field::key);
  const std::vector<std::string> names = {"schema"};
  std::string remedy = "keys belong in sections";
  if (field != config_fields().end())
    remedy = fmt::format("did you mean {} of [{}]?", written.key, field->section);
  else if (const auto meant = nearest_name(written.key, names))
    remedy = fmt::format("did you mean {}?", *meant);
  builder.add_problem({where, fmt::format("unknown key {} outside of any section", written.key), remedy});
}

void add_file(ConfigBuilder& builder, const std::string& text, const std::filesystem::path& file,
              const std::filesystem::path& directory) {
  const WrittenConfig written = parse_toml(text, file.string());
  const auto at = [&](unsigned line) { return fmt::format("{}:{}", file.string(), line); };
  for (const WrittenValue& value : written.top) {
    if (value.key == "schema")
      check_schema(builder, value, at(value.line));
    else
      add_unknown_top_level(builder, value, at(value.line));
  }
  for (const WrittenSection& section : written.sections) {
    if (!builder.check_section(section.name, at(section.line))) continue;
    for (const WrittenValue& value : section.values)
      builder.set(section.name, value.key, value.value, at(value.line), directory);
  }
}

const Section* section_of_variable(const std::string& name) {
  const auto section = std::ranges::find_if(
      config_sections(), [&](const Section& candidate) { return name.starts_with(environment_prefix(candidate)); });
  return section == config_sections().end() ? nullptr : &*section;
}

// Names are compared without the prefix, which all of them share.
void add_unknown_variable(ConfigBuilder& builder, const std::string& name) {
  std::vector<std::string> names(variables_elsewhere.begin(), variables_elsewhere.end());
  for (const Field& field : config_fields()) names.push_back(in_upper_case(field.section + "_" + field.key));
  if (const auto meant = nearest_name(name.substr(variable_prefix.size()), names))
    builder.add_problem({name, "is not a setting", fmt::format("did you mean {}{}?", variable_prefix, *meant)});
  else
    builder.add_warning(fmt::format("the environment variable {} is not a setting and is ignored", name));
}

void add_environment(ConfigBuilder& builder, std::span<const std::string> environment) {
  for (const std::string& variable : environment) {
    const std::size_t equals = variable.find('=');
    if (equals == std::string::npos || !variable.starts_with(variable_prefix)) continue;
    const std::string name = variable.substr(0, equals);
    if (const Section* section = section_of_variable(name)) {
      std::string key = name.substr(environment_prefix(*section).size());
      for (const Field& field : config_fields())
        if (field.section == section->name && in_upper_case(field.key) == key) key = field.key;
      set_override(builder, section->name, key, variable.substr(equals + 1), name);
    } else if (std::ranges::find(variables_elsewhere, name.substr(variable_prefix.size())) ==
               variables_elsewhere.end()) {
      add_unknown_variable(builder, name);
    }
  }
}

void add_flags(ConfigBuilder& builder, std::span<const std::string> flags) {
  for (const std::string& flag : flags) {
    const std::size_t equals = flag.find('='), dot = flag.find('.');
    if (equals == std::string::npos || dot > equals) {
      builder.add_problem({"--set " + flag, "is not section.key=value", "write it like --set search.budget=40"});
      continue;
    }
    const std::string where = "--set " + flag.substr(0, equals), section = flag.substr(0, dot);
    if (builder.check_section(section, where))
      set_override(builder, section, flag.substr(dot + 1, equals - dot - 1), flag.substr(equals + 1), where);
  }
}

}  // namespace

LoadedConfig load_config(const ConfigSources& sources) {
  std::string text = read_file(sources.file, most_config_bytes);
  if (const ForeignContent found = foreign_content(text); !text.empty() && !found.what.empty())
    throw ConfigError(sources.file.string(), found.what, found.remedy);
  const std::filesystem::path directory = std::filesystem::absolute(sources.file).lexically_normal().parent_path();
  if (!is_utf8(directory.string()))  // relative paths start there, and the run records them as text
    throw ConfigError(sources.file.string(), "lies in a directory whose name is not UTF-8", "name it in UTF-8");
  ConfigBuilder builder(sources.file, directory);
  try {
    add_file(builder, text, sources.file, directory);
  } catch (const ConfigError& error) {
    builder.add_problem(error);
  }
  add_environment(builder, sources.environment);
  add_flags(builder, sources.flags);
  return std::move(builder).finish(std::move(text));
}

LoadedConfig recorded_config(const Json& recorded, const std::string& where, std::span<const std::string> flags) {
  const std::filesystem::path directory = std::filesystem::current_path();  // recorded paths are absolute
  ConfigBuilder builder(where, directory);
  if (!recorded.is_object())
    builder.add_problem({where, "holds no configuration", "start the run again from its file"});
  for (const auto& [section, values] : recorded.items()) {
    if (!recorded.is_object() || !builder.check_section(section, where)) continue;
    for (const auto& [key, value] : values.items())
      if (!value.is_null()) builder.set(section, key, value, where, directory);
  }
  add_flags(builder, flags);
  return std::move(builder).finish("");
}

bool is_setting_variable(const std::string& variable) { return section_of_variable(variable) != nullptr; }

std::vector<std::string> process_environment() {
  std::vector<std::string> ours;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable)
    if (std::string_view(*variable).starts_with(variable_prefix)) ours.emplace_back(*variable);
  return ours;
}

}  // namespace lorasweep
