// SPDX-License-Identifier: Apache-2.0
// Lists what is evaluated and asked beside the searches.
#include "pipeline/plan/plan.h"

#include <numeric>
#include <set>
#include <utility>

namespace lorasweep {
namespace {

// The whole library where it is screened; else, for the best single adapter, the pairs that searches have.
void add_screens(Plan& plan) {
  std::set<std::pair<std::uint32_t, std::uint32_t>> pairs;  // of a set of shots and an adapter
  for (const std::int32_t shots : plan.wanted.screens)
    for (std::size_t a = 0; a < plan.wanted.library; ++a) pairs.emplace(shots, a);
  if (plan.wanted.best_single)
    for (const PlannedSearch& search : plan.searches)
      if (search.adapter_set >= 0)
        for (const std::int32_t a : plan.adapter_sets[search.adapter_set]) pairs.emplace(search.example_set, a);
  for (const auto& [shots, adapter] : pairs) plan.trials.push_back({Trial::screen, shots, adapter});
}

}  // namespace

std::size_t adapters_of(const Plan& plan, const PlannedSearch& search) {
  return search.adapter_set >= 0 ? plan.adapter_sets[search.adapter_set].size() : plan.wanted.chosen;
}

std::size_t numbers_of(const Plan& plan, const PlannedSearch& search) {
  return adapters_of(plan, search) * plan.places;
}

std::int32_t set_of_shots(const Plan& plan, const PlannedTrial& trial) {
  return trial.kind == Trial::screen ? static_cast<std::int32_t>(trial.index) : plan.searches[trial.index].example_set;
}

void add_comparisons(Plan& plan) {
  plan.controls.clear();
  plan.trials.clear();
  const auto searches = static_cast<std::uint32_t>(plan.searches.size());
  const auto is_found = [&](std::uint32_t s) { return plan.searches[s].answers == Subject::search; };
  const std::pair<Subject, bool> kinds[] = {{Subject::uniform, plan.wanted.uniform},
                                            {Subject::best_single, plan.wanted.best_single}};
  for (const auto& [kind, is_wanted] : kinds)
    for (std::uint32_t s = 0; is_wanted && s < searches; ++s)
      if (is_found(s)) plan.controls.push_back({kind, static_cast<std::int32_t>(s)});
  add_screens(plan);
  for (std::uint32_t s = 0; plan.wanted.uniform && s < searches; ++s)
    if (is_found(s)) plan.trials.push_back({Trial::uniform, s, 0});
  for (std::uint32_t s = 0; plan.wanted.ablations && s < searches; ++s)
    for (std::uint32_t slot = 0; is_found(s) && slot < adapters_of(plan, plan.searches[s]); ++slot)
      plan.trials.push_back({Trial::ablation, s, slot});
}

}  // namespace lorasweep
