// SPDX-License-Identifier: Apache-2.0
// Fields set one by one, then checked together.
#include "pipeline/config/config_builder.h"

#include "pipeline/config/config_schema.h"
#include "pipeline/config/nearest_name.h"
#include "pipeline/search/make_optimizer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace lorasweep {
namespace {

constexpr const char* not_set = "default";

std::vector<std::string> section_names() {
  std::vector<std::string> names;
  for (const Section& section : config_sections()) names.push_back(section.name);
  return names;
}

std::vector<std::string> keys_of(std::string_view section) {
  std::vector<std::string> keys;
  for (const Field& field : config_fields())
    if (field.section == section) keys.push_back(field.key);
  return keys;
}

std::size_t weights_of_a_search(const AdaptersConfig& adapters) {
  if (adapters.select == AdapterSelection::random) return adapters.count;
  return std::max<std::size_t>(adapters.names.size(), 1);  // all: known only once the library is read
}

}  // namespace

ConfigBuilder::ConfigBuilder(std::filesystem::path file, const std::filesystem::path& directory)
    : file_(std::move(file)) {
  const RunConfig defaults;
  for (const Field& field : config_fields()) {
    origins_[field.name()] = not_set;
    if (const auto value = field.get(defaults); !value.is_null()) field.set(config_, value, directory);
  }
}

void ConfigBuilder::set(std::string_view section, std::string_view key, const nlohmann::ordered_json& value,
                        const std::string& origin, const std::filesystem::path& directory) {
  const Field* field = find_field(section, key);
  if (field == nullptr) return add_unknown_key(section, key, origin);
  const std::string wrong = field->set(config_, value, directory);
  if (!wrong.empty()) add_problem({origin, field->name() + " " + wrong});
  origins_[field->name()] = origin;
}

bool ConfigBuilder::check_section(const std::string& name, const std::string& origin) {
  const std::vector<std::string> names = section_names();
  if (std::ranges::find(names, name) != names.end()) return true;
  const auto meant = nearest_name(name, names);
  add_problem(
      {origin, fmt::format("unknown section [{}]", name),
       meant ? fmt::format("did you mean [{}]?", *meant) : fmt::format("the sections are {}", fmt::join(names, ", "))});
  return false;
}

void ConfigBuilder::add_unknown_key(std::string_view section, std::string_view key, const std::string& origin) {
  const std::vector<std::string> keys = keys_of(section);
  std::string remedy = fmt::format("the keys of [{}] are {}", section, fmt::join(keys, ", "));
  const auto elsewhere = std::ranges::find(config_fields(), key, &Field::key);
  if (const auto meant = nearest_name(key, keys))
    remedy = fmt::format("did you mean {}?", *meant);
  else if (elsewhere != config_fields().end())
    remedy = fmt::format("did you mean {} of [{}]?", key, elsewhere->section);
  add_problem({origin, fmt::format("unknown key {} in [{}]", key, section), remedy});
}

std::string ConfigBuilder::place(const std::string& field) const {
  const auto origin = origins_.find(field);
  return origin == origins_.end() || origin->second == not_set ? file_.string() : origin->second;
}

void ConfigBuilder::check_together() {
  const auto& [model, adapters, tasks, search, predict, run, slurm] = config_;
  if (adapters.select == AdapterSelection::named && adapters.names.empty())
    add_problem(
        {place("adapters.select"), "adapters.select is \"named\", but adapters.names names none", "name the adapters"});
  if (adapters.select != AdapterSelection::named && !adapters.names.empty())
    add_problem({place("adapters.names"), "adapters.names is used with adapters.select = \"named\" only",
                 "set that, or leave the names out"});
  if (tasks.pool && *tasks.pool < tasks.shots)
    add_problem({place("tasks.pool"),
                 fmt::format("tasks.pool is {} and cannot give {} shots (tasks.shots)", *tasks.pool, tasks.shots),
                 "raise it, or lower tasks.shots"});
  try {
    make_optimizer({.method = search.method,
                    .dimension = weights_of_a_search(adapters),
                    .budget = static_cast<std::size_t>(search.budget),
                    .low = search.bounds.low,
                    .high = search.bounds.high,
                    .population = static_cast<std::size_t>(search.population)});
  } catch (const ConfigError& error) {
    add_problem({place(error.where()), error.where() + ": " + error.problem(), error.remedy()});
  }
}

LoadedConfig ConfigBuilder::finish(std::string text) && {
  if (problems_.empty()) check_together();
  if (!problems_.empty()) throw InvalidConfig(file_, std::move(problems_));
  return {.config = std::move(config_),
          .origins = std::move(origins_),
          .text = std::move(text),
          .warnings = std::move(warnings_)};
}

}  // namespace lorasweep
