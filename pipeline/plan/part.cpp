// SPDX-License-Identifier: Apache-2.0
// Distributes searches and baselines over the parts, the most expensive first.
#include "pipeline/plan/part.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

double source_tokens(const Plan& plan, const std::vector<std::int32_t>& examples) {
  double tokens = 0;
  for (const std::int32_t index : examples) tokens += static_cast<double>(plan.catalogue.examples[index].source.size());
  return tokens;
}

}  // namespace

double cost_of(const Plan& plan, const PlannedSearch& search, int budget) {
  const PlannedTask& task = plan.tasks[search.task];
  return budget * source_tokens(plan, plan.catalogue.example_sets[task.example_set]) + source_tokens(plan, task.test);
}

double cost_of(const Plan& plan, const PlannedBaseline& baseline) {
  return source_tokens(plan, examples_of(plan, baseline));
}

Plan part_of(Plan plan, int budget, SweepPart part) {
  if (part.of == 1) return plan;
  const std::size_t searches = plan.searches.size(), all = searches + plan.baselines.size();
  std::vector<double> cost;
  for (const PlannedSearch& search : plan.searches) cost.push_back(cost_of(plan, search, budget));
  for (const PlannedBaseline& baseline : plan.baselines) cost.push_back(cost_of(plan, baseline));

  std::vector<std::size_t> by_cost(all);
  std::iota(by_cost.begin(), by_cost.end(), 0);
  std::ranges::stable_sort(by_cost, [&](std::size_t a, std::size_t b) { return cost[a] > cost[b]; });
  std::vector<double> load(part.of, 0.0);
  std::vector<bool> ours(all, false);
  for (const std::size_t unit : by_cost) {
    const auto least = std::ranges::min_element(load);
    *least += cost[unit];
    ours[unit] = least - load.begin() == part.number - 1;
  }
  std::vector<PlannedSearch> kept;
  for (std::size_t i = 0; i < searches; ++i)
    if (ours[i]) kept.push_back(plan.searches[i]);
  std::vector<PlannedBaseline> kept_baselines;
  for (std::size_t i = searches; i < all; ++i)
    if (ours[i]) kept_baselines.push_back(plan.baselines[i - searches]);
  plan.searches = std::move(kept);
  plan.baselines = std::move(kept_baselines);
  return plan;
}

}  // namespace lorasweep
