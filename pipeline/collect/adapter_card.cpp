// SPDX-License-Identifier: Apache-2.0
// A card says what the results file says of the search, and that accuracies are of this file's test sets.
#include "pipeline/collect/adapter_card.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "pipeline/collect/recorded_manifest.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <regex>
#include <string_view>
#include <system_error>
#include <utility>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* recipe_format = "LORASWEEP-RECIPE";
constexpr const char* mixture_answered = "mixture";
constexpr std::string_view card_mark = "<!-- made by lorasweep export -->";

Json known(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }
Json known(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

/// The settings that decided the results, and the base model; null where the file does not say.
Json manifest_or_null(const SweepResults& results) {
  try {
    return recorded_manifest(results, "");
  } catch (const InputError&) {
    return nullptr;
  }
}

/// Of keys that lead to a value of another kind, or nowhere: null.
Json at(const Json& json, std::initializer_list<const char*> keys) {
  const Json* value = &json;
  for (const char* key : keys) {
    if (!value->is_object() || !value->contains(key)) return nullptr;
    value = &(*value)[key];
  }
  return *value;
}

std::string text_at(const Json& json, std::initializer_list<const char*> keys) {
  const Json value = at(json, keys);
  return value.is_string() ? value.get<std::string>() : std::string();
}

Json sha256_of(const SweepResults& results, const std::string& adapter) {
  const auto found = std::ranges::find(results.adapters.name, adapter);
  if (found == results.adapters.name.end()) return nullptr;
  return results.adapters.sha256.at(static_cast<std::size_t>(found - results.adapters.name.begin()));
}

Json mixture(const SweepResults& results, const ComposedModel& composed) {
  Json all = Json::array();
  const std::vector<std::string>& places = results.summary.place;
  for (std::size_t i = 0; i < composed.adapters.size(); ++i) {
    Json& adapter =
        all.emplace_back(Json{{"name", composed.adapters[i]}, {"sha256", sha256_of(results, composed.adapters[i])}});
    if (places.empty()) adapter["weight"] = composed.weights.at(i);
    for (std::size_t p = 0; p < places.size(); ++p)
      adapter["weights"][places[p]] = composed.weights.at(i * places.size() + p);
  }
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

/// Who answered for the search: "mixture" where there was no guard.
std::string who_answered(const SweepResults& results, std::size_t search) {
  switch (static_cast<GuardCode>(results.summary.guard.at(search))) {
    case GuardCode::base: return "base";
    case GuardCode::best_single: return "best_single";
    case GuardCode::mixture:
    case GuardCode::none: break;
  }
  return mixture_answered;
}

Json version(const SweepResults& results) {
  const auto found = results.provenance.find("version");
  return found == results.provenance.end() ? Json(nullptr) : Json(found->second);
}

Json recipe(const SweepResults& results, const SweepOrigin& origin, const ComposedModel& composed,
            std::optional<int> rank) {
  const Summary& s = results.summary;
  const auto task = static_cast<std::size_t>(composed.task_index),
             replicate = static_cast<std::size_t>(composed.replicate), search = task * s.seed.size() + replicate;
  const Json peft = Json::parse(composed.adapter_config, nullptr, false);
  Json r = {{"format", recipe_format},
            {"lorasweep", version(results)},
            {"run_uuid", results.run_uuid},
            {"created_utc", results.created_utc},
            {"results_sha256", known(origin.results_sha256)},
            {"base_model", at(peft, {"base_model_name_or_path"})},
            {"base_sha256", known(origin.base_sha256)},
            {"task", s.task.at(task)},
            {"task_sha256", known(s.task_sha256.at(task))},
            {"seed", s.seed.at(replicate)},
            {"shots", s.n_shots.at(task)},
            {"shot_seed", s.shot_seed.at(replicate) < 0 ? Json(nullptr) : Json(s.shot_seed.at(replicate))},
            {"method", known(origin.method)},
            {"composition", known(origin.composition)},
            {"adapters", mixture(results, composed)},
            {"loss", known(origin.loss)},
            {"l1", known(origin.l1)},
            {"best_objective", known(s.best_objective.at(search))},
            {"best_step", s.best_step.at(search)},
            {"cut_to_rank", rank ? Json(*rank) : Json(nullptr)},
            {"answered", who_answered(results, search)},
            {"test_examples", s.n_examples.at(task)},
            {"accuracy", accuracies(results, task, search)}};
  if (!s.place.empty()) r["scope"] = known(origin.scope);
  return r;
}

/// Text of strangers in Markdown: everything that Markdown or HTML could read as its own is escaped, lines are joined,
/// what a terminal could obey is blank.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (const auto byte = static_cast<unsigned char>(c); byte < 0x20 || byte == 0x7f) {
      out += ' ';
      continue;
    }
    if (std::string_view("\\`*_{}[]<>()#+-.!|~&:@$\"'").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

/// "name" or "organization/name" of letters, digits and "-_.", which need no escape in YAML: the hub refuses cards that
/// name anything else.
bool is_hub_name(const Json& base) {
  static const std::regex form("([A-Za-z0-9][A-Za-z0-9_.-]*/)?[A-Za-z0-9][A-Za-z0-9_.-]*");
  constexpr std::size_t longest = 96;
  return base.is_string() && base.get_ref<const std::string&>().size() <= longest &&
         std::regex_match(base.get_ref<const std::string&>(), form);
}

std::string front_matter(const Json& recipe) {
  std::string out = "---\n";
  if (is_hub_name(recipe["base_model"])) out += "base_model: \"" + recipe["base_model"].get<std::string>() + "\"\n";
  return out + "library_name: peft\ntags:\n- lora\n- lorasweep\n---\n";
}

std::string percent(const Json& value) {
  return value.is_null() ? "not known" : fmt::format("{:.1f} %", value.get<double>());
}

std::string shown(const Json& value) { return value.is_string() ? escaped(value.get<std::string>()) : value.dump(); }

/// A row an adapter, with a column of weights, or one for each place that has weights of its own.
std::string weights_table(const Json& adapters, const std::vector<std::string>& places) {
  std::string out = "| adapter |", line = "|---|";
  for (const std::string& place : places.empty() ? std::vector<std::string>{""} : places) {
    out += fmt::format(" weight{}{} |", place.empty() ? "" : " ", escaped(place));
    line += "---|";
  }
  out += "\n" + line + "\n";
  for (const Json& adapter : adapters) {
    out += fmt::format("| {} |", shown(adapter["name"]));
    if (places.empty()) out += fmt::format(" {:.6g} |", adapter["weight"].get<double>());
    for (const std::string& place : places) out += fmt::format(" {:.6g} |", adapter["weights"][place].get<double>());
    out += "\n";
  }
  return out;
}

std::string measured(const Json& r) {
  std::string out;
  if (!r["cut_to_rank"].is_null())
    out += fmt::format(
        "- **cut to rank {}**: its answers are not those of the search, and the accuracies below are not of it\n",
        r["cut_to_rank"].dump());
  const bool is_its = r["answered"] == mixture_answered;
  if (!is_its)
    out += fmt::format(
        "- **not what answered**: on shots that were left out the guard of the search preferred {} to this mixture, "
        "whose accuracy was not measured\n",
        r["answered"] == "base" ? "the base model" : "the best single adapter");
  out += fmt::format("- accuracy on {} test examples{}: {}\n", r["test_examples"].dump(),
                     is_its ? "" : ", of what answered", percent(r["accuracy"]["search"]));
  for (const auto& [name, value] : r["accuracy"].items())
    if (name != "search" && !value.is_null()) out += fmt::format("- {}: {}\n", escaped(name), percent(value));
  return out;
}

bool holds(const std::filesystem::path& file, std::string_view mark) {
  constexpr std::size_t most = std::size_t{16} << 20;
  return read_file(file, most).find(mark) != std::string::npos;
}

}  // namespace

SweepOrigin origin_of(const SweepResults& results, std::string results_sha256) {
  const Json manifest = manifest_or_null(results), search = at(manifest, {"settings", "search"}),
             l1 = at(search, {"l1"});
  SweepOrigin origin{.results_sha256 = std::move(results_sha256),
                     .base_sha256 = text_at(manifest, {"base", "sha256"}),
                     .method = text_at(search, {"method"}),
                     .composition = text_at(search, {"composition"}),
                     .loss = text_at(search, {"loss"}),
                     .scope = text_at(search, {"scope"})};
  if (l1.is_number()) origin.l1 = l1.get<double>();
  return origin;
}

std::string recipe_of(const SweepResults& results, const SweepOrigin& origin, const ComposedModel& composed,
                      std::optional<int> rank) {
  return recipe(results, origin, composed, rank).dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string card_of(const SweepResults& results, const SweepOrigin& origin, const ComposedModel& composed,
                    std::optional<int> rank) {
  const Json r = recipe(results, origin, composed, rank);
  std::string out = front_matter(r);
  out += fmt::format("{}\n# A LoRA adapter composed for {}\n\n", card_mark, shown(r["task"]));
  out += fmt::format(
      "A mixture of the adapters below, found by a search over {} examples of the task without gradients. It loads as "
      "one PEFT adapter of weight 1.\n\n",
      r["shots"].dump());
  out += weights_table(r["adapters"], results.summary.place);
  out += fmt::format("\n- base model: {}\n- composition: {}, search: {}, seed {}\n", shown(r["base_model"]),
                     shown(r["composition"]), shown(r["method"]), r["seed"].dump());
  return out + measured(r) +
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
