// SPDX-License-Identifier: Apache-2.0
// Fields set one by one, then checked together.
#include "pipeline/config/config_builder.h"

#include "pipeline/config/budget.h"
#include "pipeline/config/nearest_name.h"
#include "pipeline/config/settings_without_effect.h"
#include "pipeline/search/rounds.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace lorasweep {
namespace {

constexpr const char* not_set = "default";
constexpr int auto_adapters = 5;
constexpr double auto_guard_ratio = 0.5;

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

std::size_t weights_of_a_search(const RunConfig& config) {
  const AdaptersConfig& adapters = config.adapters;
  if (adapters.select == AdapterSelection::random || adapters.select == AdapterSelection::screened)
    return counted_adapters(config);
  if (adapters.select == AdapterSelection::named) return std::max<std::size_t>(adapters.names.size(), 1);
  return static_cast<std::size_t>(config.search.rounds);  // at least: known only once the library is read
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

void ConfigBuilder::unset(const Field& field, const std::string& origin) {
  field.unset(config_);
  origins_[field.name()] = origin;
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

// search.method = "auto": what else of the configuration says how weights are found is said by the rule.
void ConfigBuilder::settle_auto() {
  AdaptersConfig& adapters = config_.adapters;
  SearchConfig& search = config_.search;
  if (search.method != auto_method) return;
  const auto settle = [&](const std::string& field, auto& value, const auto& by_rule) {
    if (value != by_rule && origins_.at(field) != not_set)
      add_warning(fmt::format("{}: {} is ignored: search.method = \"auto\" has its own", place(field), field));
    value = by_rule;
  };
  settle("adapters.select", adapters.select, AdapterSelection::screened);
  settle("adapters.count", adapters.count, auto_adapters);
  settle("search.composition", search.composition, Composition::exact);
  settle("search.guard", search.guard, Guard::leave_one_out);
  settle("search.guard_ratio", search.guard_ratio, auto_guard_ratio);
}

void ConfigBuilder::check_search() {
  SearchConfig& search = config_.search;
  if (search.method != given_method) {
    if (search.rounds > 1 && search.composition != Composition::exact)
      add_problem({place("search.rounds"),
                   "search.rounds keeps what a round found and adds to it, which factors that are summed cannot",
                   "set search.composition = \"exact\", or search.rounds = 1"});
    if (!search.weights.empty())
      add_problem({place("search.weights"), "search.weights is used with search.method = \"given\" only",
                   "set that, or leave the weights out"});
    return search.method == no_search_method ? check_no_search() : check_optimizer();
  }
  if (search.weights.empty())
    add_problem({place("search.method"), "search.method is \"given\", but search.weights names no file",
                 "name a CSV or JSON file of weights, or a results file"});
  settle_one_evaluation();
}

// For methods that do not search.
void ConfigBuilder::settle_one_evaluation() {
  SearchConfig& search = config_.search;
  if (search.budget != 1 && origins_.at("search.budget") != not_set)
    add_warning(fmt::format("{}: search.budget is ignored: search.method = \"{}\" is one evaluation",
                            place("search.budget"), search.method));
  if (search.population != 0)
    add_warning(fmt::format("{}: search.population is ignored by search.method = \"{}\"", place("search.population"),
                            search.method));
  if (search.rounds != 1)
    add_warning(
        fmt::format("{}: search.rounds is ignored by search.method = \"{}\"", place("search.rounds"), search.method));
  search.budget = 1;
  search.population = 0;
  search.rounds = 1;
}

void ConfigBuilder::check_no_search() {
  settle_one_evaluation();
  if (config_.predict.wants(Subject::random_adapters))
    add_problem({place("predict.baselines"),
                 "predict.baselines has \"random-adapters\", a search, and search.method = \"none\" makes none",
                 "leave it out, or choose a method"});
  if (config_.predict.ablate)
    add_problem({place("predict.ablate"),
                 "predict.ablate takes adapters from what a search found, and search.method = \"none\" finds nothing",
                 "set it to false, or choose a method"});
}

void ConfigBuilder::check_guard() {
  const SearchConfig& search = config_.search;
  if (search.guard == Guard::none) return;
  if (config_.tasks.shots < 2)
    add_problem({place("search.guard"), "search.guard leaves out one shot, but tasks.shots has no other",
                 "raise tasks.shots, or set search.guard = \"none\""});
  if (search.method == given_method)
    add_problem({place("search.guard"), "search.guard judges a search, and search.method = \"given\" makes none",
                 "set search.guard = \"none\""});
}

void ConfigBuilder::check_optimizer() {
  const auto& search = config_.search;
  try {
    const std::size_t adapters = weights_of_a_search(config_);
    make_rounds({.search = {.method = search.method,
                            .dimension = adapters,
                            .budget = static_cast<std::size_t>(search.budget),
                            .low = search.bounds.low,
                            .high = search.bounds.high,
                            .population = static_cast<std::size_t>(search.population)},
                 .adapters = adapters,
                 .rounds = static_cast<std::size_t>(search.rounds)});
  } catch (const ConfigError& error) {
    add_problem({place(error.where()), error.where() + ": " + error.problem(), error.remedy()});
  }
}

void ConfigBuilder::check_together() {
  settle_auto();
  const auto& [model, adapters, tasks, search, predict, results, run, slurm] = config_;
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
  if (tasks.shot_seed.size() > 1 && search.seeds.size() > 1 && tasks.shot_seed.size() != search.seeds.size())
    add_problem(
        {place("tasks.shot_seed"),
         fmt::format("tasks.shot_seed has {} entries and search.seeds {}: the first goes with the first, and so on",
                     tasks.shot_seed.size(), search.seeds.size()),
         "give as many, or one in one of the two lists"});
  check_search();
  check_guard();
}

LoadedConfig ConfigBuilder::finish(std::string text) && {
  if (problems_.empty()) check_together();
  if (!problems_.empty()) throw InvalidConfig(file_, std::move(problems_));
  for (std::string& idle : settings_without_effect(config_)) add_warning(std::move(idle));
  return {.config = std::move(config_),
          .origins = std::move(origins_),
          .text = std::move(text),
          .warnings = std::move(warnings_)};
}

}  // namespace lorasweep
