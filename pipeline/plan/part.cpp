// SPDX-License-Identifier: Apache-2.0
// Distributes searches, screens and baselines over the parts, the most expensive first.
#include "pipeline/plan/part.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <vector>

namespace lorasweep {
namespace {

double source_tokens(const Plan& plan, const std::vector<std::int32_t>& examples) {
  double tokens = 0;
  for (const std::int32_t index : examples) tokens += static_cast<double>(plan.catalogue.examples[index].source.size());
  return tokens;
}

// What stays together: indices into the plan's lists, and sets of shots.
struct Share {
  double cost = 0;
  std::vector<std::size_t> searches = {}, baselines = {};
  std::vector<std::int32_t> screens = {};
};

// A task with all its searches and the screens that these wait for.
Share share_of_task(const Plan& plan, std::size_t task, int budget) {
  Share share;
  for (std::size_t s = 0; s < plan.searches.size(); ++s)
    if (plan.searches[s].task == static_cast<std::int32_t>(task)) {
      share.searches.push_back(s);
      share.cost += cost_of(plan, plan.searches[s], budget);
    }
  const std::int32_t end = task + 1 < plan.tasks.size() ? plan.tasks[task + 1].example_set
                                                        : static_cast<std::int32_t>(plan.catalogue.example_sets.size());
  for (const std::int32_t shots : plan.wanted.screens)
    if (shots >= plan.tasks[task].example_set && shots < end) {
      share.screens.push_back(shots);
      share.cost += static_cast<double>(plan.wanted.library) * source_tokens(plan, plan.catalogue.example_sets[shots]);
    }
  return share;
}

std::vector<Share> shares_of(const Plan& plan, int budget) {
  std::vector<Share> shares;
  if (plan.wanted.screens.empty())
    for (std::size_t s = 0; s < plan.searches.size(); ++s)
      shares.push_back({.cost = cost_of(plan, plan.searches[s], budget), .searches = {s}});
  else
    for (std::size_t t = 0; t < plan.tasks.size(); ++t) shares.push_back(share_of_task(plan, t, budget));
  for (std::size_t b = 0; b < plan.baselines.size(); ++b)
    shares.push_back({.cost = cost_of(plan, plan.baselines[b]), .baselines = {b}});
  return shares;
}

template <typename T>
std::vector<T> those_at(const std::vector<T>& all, const std::set<std::size_t>& places) {
  std::vector<T> kept;
  for (const std::size_t place : places) kept.push_back(all[place]);
  return kept;
}

}  // namespace

double cost_of(const Plan& plan, const PlannedSearch& search, int budget) {
  const PlannedTask& task = plan.tasks[search.task];
  return budget * source_tokens(plan, plan.catalogue.example_sets[search.example_set]) + source_tokens(plan, task.test);
}

double cost_of(const Plan& plan, const PlannedBaseline& baseline) {
  return source_tokens(plan, examples_of(plan, baseline));
}

Plan part_of(Plan plan, int budget, SweepPart part) {
  if (part.of == 1) return plan;
  const std::vector<Share> shares = shares_of(plan, budget);
  std::vector<std::size_t> by_cost(shares.size());
  std::iota(by_cost.begin(), by_cost.end(), 0);
  std::ranges::stable_sort(by_cost, [&](std::size_t a, std::size_t b) { return shares[a].cost > shares[b].cost; });
  std::vector<double> load(part.of, 0.0);
  std::set<std::size_t> searches, baselines;
  std::set<std::int32_t> screens;
  for (const std::size_t i : by_cost) {
    const auto least = std::ranges::min_element(load);
    *least += shares[i].cost;
    if (least - load.begin() != part.number - 1) continue;
    searches.insert(shares[i].searches.begin(), shares[i].searches.end());
    baselines.insert(shares[i].baselines.begin(), shares[i].baselines.end());
    screens.insert(shares[i].screens.begin(), shares[i].screens.end());
  }
  plan.searches = those_at(plan.searches, searches);
  plan.baselines = those_at(plan.baselines, baselines);
  plan.wanted.screens.assign(screens.begin(), screens.end());
  add_comparisons(plan);
  return plan;
}

}  // namespace lorasweep
