// SPDX-License-Identifier: Apache-2.0
// A card says what the results file says of the search, and that accuracies are of this file's test sets.
#include "pipeline/collect/adapter_card.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "data/core/json.h"
#include "data/journal/subject.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <system_error>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* recipe_format = "LORASWEEP-RECIPE";
constexpr std::string_view card_mark = "<!-- made by lorasweep export -->";

Json known(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }
Json known(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

/// What /provenance says under a name, as JSON; null where an older file does not.
Json provenance(const SweepResults& results, const char* name) {
  const auto found = results.provenance.find(name);
  if (found == results.provenance.end()) return nullptr;
  Json parsed = Json::parse(found->second, nullptr, false);
  return parsed.is_discarded() ? Json(found->second) : parsed;
}

Json sha256_of(const SweepResults& results, const std::string& adapter) {
  const auto found = std::ranges::find(results.adapters.name, adapter);
  if (found == results.adapters.name.end()) return nullptr;
  return results.adapters.sha256.at(static_cast<std::size_t>(found - results.adapters.name.begin()));
}

Json mixture(const SweepResults& results, const ComposedModel& composed) {
  Json all = Json::array();
  for (std::size_t i = 0; i < composed.adapters.size(); ++i)
    all.push_back({{"name", composed.adapters[i]},
                   {"sha256", sha256_of(results, composed.adapters[i])},
                   {"weight", composed.weights.at(i)}});
  return all;
}

Json accuracies(const SweepResults& results, std::size_t task, std::size_t search) {
  const Summary& s = results.summary;
  Json all = {{"search", known(s.accuracy.at(search))}, {"zero_shot", known(s.accuracy_zero_shot.at(task))}};
  all["few_shot"] = known(s.accuracy_few_shot.at(task));
  all["uniform"] = known(s.accuracy_uniform.at(search));
  all["best_single"] = known(s.accuracy_best_single.at(search));
  return all;
}

Json recipe(const SweepResults& results, const ComposedModel& composed, std::optional<int> rank) {
  const Summary& s = results.summary;
  const auto task = static_cast<std::size_t>(composed.task_index),
             replicate = static_cast<std::size_t>(composed.replicate), search = task * s.seed.size() + replicate;
  const Json config = provenance(results, "config"), peft = Json::parse(composed.adapter_config, nullptr, false);
  const auto setting = [&](const char* section, const char* key) {
    return config.is_object() && config.contains(section) ? config[section].value(key, Json(nullptr)) : Json(nullptr);
  };
  return {{"format", recipe_format},
          {"lorasweep", provenance(results, "version")},
          {"run_uuid", results.run_uuid},
          {"created_utc", results.created_utc},
          {"base_model", peft.is_object() ? peft.value("base_model_name_or_path", Json(nullptr)) : Json(nullptr)},
          {"task", s.task.at(task)},
          {"task_sha256", known(s.task_sha256.at(task))},
          {"seed", s.seed.at(replicate)},
          {"shots", s.n_shots.at(task)},
          {"shot_seed", s.shot_seed.at(replicate) < 0 ? Json(nullptr) : Json(s.shot_seed.at(replicate))},
          {"method", setting("search", "method")},
          {"composition", setting("search", "composition")},
          {"adapters", mixture(results, composed)},
          {"best_objective", known(s.best_objective.at(search))},
          {"best_step", s.best_step.at(search)},
          {"cut_to_rank", rank ? Json(*rank) : Json(nullptr)},
          {"test_examples", s.n_examples.at(task)},
          {"accuracy", accuracies(results, task, search)}};
}

/// Text of strangers in Markdown: everything that Markdown or HTML could read as its own is escaped, lines are joined.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n' || c == '\r' || c == '\t') {
      out += ' ';
      continue;
    }
    if (std::string_view("\\`*_{}[]<>()#+-.!|~&:@$\"'").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

/// A string as YAML reads it: JSON's form, in ASCII.
std::string yaml(const Json& text) { return text.dump(-1, ' ', true, Json::error_handler_t::replace); }

bool is_hub_name(const Json& base) {
  if (!base.is_string()) return false;
  const std::string& name = base.get_ref<const std::string&>();
  return !name.empty() && name[0] != '/' && name[0] != '.' && name[0] != '~' && std::ranges::count(name, '/') <= 1;
}

std::string front_matter(const Json& recipe) {
  std::string out = "---\n";
  if (is_hub_name(recipe["base_model"])) out += "base_model: " + yaml(recipe["base_model"]) + "\n";
  return out + "library_name: peft\ntags:\n- lora\n- lorasweep\n---\n";
}

std::string percent(const Json& value) {
  return value.is_null() ? "not known" : fmt::format("{:.1f} %", value.get<double>());
}

std::string shown(const Json& value) { return value.is_string() ? escaped(value.get<std::string>()) : value.dump(); }

bool holds(const std::filesystem::path& file, std::string_view mark) {
  constexpr std::size_t most = std::size_t{16} << 20;
  return read_file(file, most).find(mark) != std::string::npos;
}

}  // namespace

std::string recipe_of(const SweepResults& results, const ComposedModel& composed, std::optional<int> rank) {
  return recipe(results, composed, rank).dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string card_of(const SweepResults& results, const ComposedModel& composed, std::optional<int> rank) {
  const Json r = recipe(results, composed, rank);
  std::string out = front_matter(r);
  out += fmt::format("{}\n# A LoRA adapter composed for {}\n\n", card_mark, shown(r["task"]));
  out += fmt::format(
      "A mixture of the adapters below, found by a search over {} examples of the task without gradients. It loads as "
      "one PEFT adapter of weight 1.\n\n",
      r["shots"].dump());
  out += "| adapter | weight |\n|---|---|\n";
  for (const Json& adapter : r["adapters"])
    out += fmt::format("| {} | {:.6g} |\n", shown(adapter["name"]), adapter["weight"].get<double>());
  out += fmt::format("\n- base model: {}\n- composition: {}, search: {}, seed {}\n", shown(r["base_model"]),
                     shown(r["composition"]), shown(r["method"]), r["seed"].dump());
  if (rank)
    out += fmt::format(
        "- **cut to rank {}**: its answers are not those of the search, and the accuracies below are not of it\n",
        *rank);
  out +=
      fmt::format("- accuracy on {} test examples: {}\n", r["test_examples"].dump(), percent(r["accuracy"]["search"]));
  for (const auto& [name, value] : r["accuracy"].items())
    if (name != "search" && !value.is_null()) out += fmt::format("- {}: {}\n", escaped(name), percent(value));
  return out +
         fmt::format("\nEverything that it was made of is in `{}`. Method: LoraHub, arXiv 2307.13269.\n", recipe_name);
}

void require_own_card(const std::filesystem::path& directory) {
  for (const auto& [name, mark] : {std::pair{card_name, card_mark}, {recipe_name, std::string_view(recipe_format)}}) {
    std::error_code error;
    const std::filesystem::path file = directory / name;
    if (std::filesystem::is_regular_file(file, error) && !holds(file, mark))
      throw ConfigError(file.string(), "is there, and lorasweep did not write it", "export to another directory");
  }
}

}  // namespace lorasweep
