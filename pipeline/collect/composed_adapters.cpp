// SPDX-License-Identifier: Apache-2.0
// Composes an adapter of each found model, and describes it as PEFT does.
#include "pipeline/collect/composed_adapters.h"

#include "data/model/lora_sites.h"
#include "workers/device/make_ops.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace lorasweep {
namespace {

std::string leaf(const std::string& module) { return module.substr(module.rfind('.') + 1); }

// The shortest list that names exactly these modules: PEFT takes a module whose path ends in a listed name.
std::vector<std::string> target_modules(const std::vector<LoraSite>& all, const std::map<int, int>& ranks) {
  std::set<std::string> leaves;
  for (const auto& [site, rank] : ranks) leaves.insert(leaf(all[site].module));
  const auto named =
      std::ranges::count_if(all, [&](const LoraSite& site) { return leaves.contains(leaf(site.module)); });
  if (named == std::ssize(ranks)) return {leaves.begin(), leaves.end()};
  std::vector<std::string> paths;
  for (const auto& [site, rank] : ranks) paths.push_back(all[site].module);
  return paths;
}

std::string adapter_config(const std::string& task_type, const std::vector<LoraSite>& all,
                           const std::map<int, int>& ranks, const std::string& base_model) {
  int most = 0;
  for (const auto& [site, rank] : ranks) most = std::max(most, rank);
  nlohmann::ordered_json pattern = nlohmann::ordered_json::object();
  for (const auto& [site, rank] : ranks)
    if (rank != most) pattern[all[site].module] = rank;
  const nlohmann::ordered_json config = {{"peft_type", "LORA"},
                                         {"task_type", task_type},
                                         {"base_model_name_or_path", base_model},
                                         {"r", most},
                                         {"lora_alpha", most},
                                         {"rank_pattern", pattern},
                                         {"alpha_pattern", pattern},
                                         {"target_modules", target_modules(all, ranks)},
                                         {"lora_dropout", 0.0},
                                         {"bias", "none"},
                                         {"fan_in_fan_out", false},
                                         {"modules_to_save", nullptr},
                                         {"inference_mode", true}};
  return config.dump(2);
}

}  // namespace

struct ComposedAdapters::State {
  State(const ModelPlan& plan, Composition rule, LibraryInMemory in_memory,
        std::vector<AdapterTitle> titles_of_adapters)
      : task_type(plan.peft_task_type),
        titles(std::move(titles_of_adapters)),
        sites(lora_sites(plan)),
        ops(make_ops({})),
        library(SiteGroups(plan, in_memory.places), std::move(in_memory.adapters)),
        composition(rule),
        composer(*ops, library, composition, std::move(in_memory.image)) {}

  std::string task_type;
  std::vector<AdapterTitle> titles;
  std::vector<LoraSite> sites;
  std::unique_ptr<Ops> ops;
  AdapterLibrary library;
  Composition composition;
  Composer composer;

  // The last composition is kept, since the tensors of one model are read one after the other.
  const ComposedFactors* factors = nullptr;
  std::vector<std::int32_t> composed_adapters;
  std::vector<double> composed_weights;
};

ComposedAdapters::ComposedAdapters(const ModelPlan& plan, Composition composition, LibraryInMemory library,
                                   std::vector<AdapterTitle> titles)
    : state_(std::make_unique<State>(plan, composition, std::move(library), std::move(titles))) {}
ComposedAdapters::~ComposedAdapters() = default;

const ComposedFactors& ComposedAdapters::factors(const std::vector<std::int32_t>& adapters,
                                                 const std::vector<double>& weights) {
  State& s = *state_;
  if (s.factors == nullptr || s.composed_adapters != adapters || s.composed_weights != weights) {
    const MemberWeights member{adapters, weights};
    s.factors = &s.composer.compose({&member, 1});
    s.composed_adapters = adapters;
    s.composed_weights = weights;
  }
  return *s.factors;
}

ComposedModel ComposedAdapters::model(std::shared_ptr<ComposedAdapters> self, std::vector<std::int32_t> adapters,
                                      std::vector<double> weights) {
  const State& s = *self->state_;
  std::map<int, int> ranks;  // site -> rank of the composition
  ComposedModel model;
  const bool exact = s.composition == Composition::exact;
  for (const std::int32_t a : adapters) {
    model.adapters.push_back(s.titles[a].name);
    for (const AdapterShape::Site& site : s.library.adapters()[a].sites)
      ranks[site.site] = exact ? ranks[site.site] + site.rank : site.rank;
  }
  const auto key = [&](int site, const char* factor) {
    return "base_model.model." + s.sites[site].module + "." + factor + ".weight";
  };
  std::map<std::string, std::pair<int, bool>> place;  // key -> site, is it lora_A
  for (const auto& [site, rank] : ranks) {
    model.tensors.push_back({key(site, "lora_A"), DType::f32, {rank, s.sites[site].in}});
    model.tensors.push_back({key(site, "lora_B"), DType::f32, {s.sites[site].out, rank}});
    place[key(site, "lora_A")] = {site, true};
    place[key(site, "lora_B")] = {site, false};
  }
  const std::string base = adapters.empty() ? "" : s.titles[adapters.front()].base_model;
  model.adapter_config = adapter_config(s.task_type, s.sites, ranks, base);
  model.weights = weights;
  model.read = [self, adapters = std::move(adapters), weights = std::move(weights),
                place = std::move(place)](const std::string& name) {
    const auto [site, is_a] = place.at(name);
    auto [a, b] = self->factors(adapters, weights).site_factors(*self->state_->ops, 0, site);
    return is_a ? std::move(a) : std::move(b);
  };
  return model;
}

}  // namespace lorasweep
