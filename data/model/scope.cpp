// SPDX-License-Identifier: Apache-2.0
// Runs of layers and names of maps, read off the plan.
#include "data/model/scope.h"

#include "data/core/error.h"
#include "data/model/lora_sites.h"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <utility>

namespace lorasweep {
namespace {

constexpr std::string_view groups_word = "groups:";
constexpr int most_groups = 1000;

std::map<std::string, int> layers_by_stack(const ModelPlan& plan) {
  std::map<std::string, int> layers;
  for (const PartPlan& part : plan.parts)
    if (part.place.layer >= 0) {
      int& count = layers[part.place.stack];
      count = std::max(count, part.place.layer + 1);
    }
  return layers;
}

std::string leaf(const std::string& module) { return module.substr(module.rfind('.') + 1); }

std::vector<std::string> run_names(const ModelPlan& plan, int runs) {
  for (const auto& [stack, layers] : layers_by_stack(plan))
    if (runs > layers)
      throw ConfigError("search.scope",
                        fmt::format("\"groups:{}\" asks for {} runs of layers, but the {} has {}", runs, runs, stack,
                                    layers == 1 ? "1 layer" : fmt::format("{} layers", layers)),
                        fmt::format("use groups:{} at most", layers));
  std::vector<std::string> names;
  for (int run = 1; run <= runs; ++run) names.push_back(std::to_string(run));
  return names;
}

std::vector<std::string> map_names(const ModelPlan& plan, const std::set<int>& changed) {
  std::vector<std::string> names;
  const std::vector<LoraSite> sites = lora_sites(plan);
  for (const int site : changed)
    if (std::string name = leaf(sites.at(site).module); std::ranges::find(names, name) == names.end())
      names.push_back(std::move(name));
  return names;
}

}  // namespace

std::string name_of(const Scope& scope) {
  switch (scope.kind) {
    case Scope::Kind::model: return "model";
    case Scope::Kind::groups: return fmt::format("{}{}", groups_word, scope.groups);
    case Scope::Kind::maps: return "maps";
  }
  throw InternalError("a scope without a name");
}

std::optional<Scope> scope_named(std::string_view text) {
  if (text == "model") return Scope{};
  if (text == "maps") return Scope{.kind = Scope::Kind::maps};
  if (!text.starts_with(groups_word)) return std::nullopt;
  text.remove_prefix(groups_word.size());
  Scope scope{.kind = Scope::Kind::groups};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), scope.groups);
  const bool is_whole = error == std::errc() && end == text.data() + text.size() && text.front() != '0';
  if (!is_whole || scope.groups < 1 || scope.groups > most_groups) return std::nullopt;
  return scope;
}

std::vector<std::string> place_names(const ModelPlan& plan, const Scope& scope, const std::set<int>& changed) {
  std::vector<std::string> names;
  if (scope.kind == Scope::Kind::groups) names = run_names(plan, scope.groups);
  if (scope.kind == Scope::Kind::maps) names = map_names(plan, changed);
  if (names.size() < 2) names.clear();
  return names;
}

ScopePlaces scope_places(const ModelPlan& plan, const Scope& scope, std::vector<std::string> names) {
  ScopePlaces places{.names = std::move(names), .of_site = {}};
  if (places.names.empty()) return places;
  const auto count = static_cast<std::int32_t>(places.names.size());
  const std::map<std::string, int> layers = layers_by_stack(plan);
  for (const LoraSite& site : lora_sites(plan)) {
    if (scope.kind == Scope::Kind::groups) {
      const Place& at = plan.parts[site.part].place;
      places.of_site.push_back(at.layer < 0 ? count - 1 : at.layer * count / layers.at(at.stack));
      continue;
    }
    const auto found = std::ranges::find(places.names, leaf(site.module));
    places.of_site.push_back(found == places.names.end() ? 0 : static_cast<std::int32_t>(found - places.names.begin()));
  }
  return places;
}

}  // namespace lorasweep
