// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/sweep_counts.h"

#include "pipeline/config/budget.h"

#include <algorithm>

namespace lorasweep {

EvaluationCounts count_evaluations(const RunConfig& config, std::size_t library, const Plan& plan) {
  const auto screened = static_cast<std::size_t>(
      std::ranges::count(plan.trials, Trial::screen, [](const PlannedTrial& trial) { return trial.kind; }));
  EvaluationCounts counts{.each = search_budget(config, library)};
  counts.searches = plan.searches.size() * counts.each;
  counts.screened = is_screened(config) ? screened : 0;
  counts.beside = plan.trials.size() - counts.screened;
  return counts;
}

std::size_t count_answers(const Plan& plan) {
  std::size_t count = 0;
  for (const PlannedSearch& search : plan.searches) count += plan.tasks[search.task].test.size();
  for (const PlannedBaseline& baseline : plan.baselines) count += examples_of(plan, baseline).size();
  for (const PlannedControl& control : plan.controls)
    count += plan.tasks[plan.searches[control.search].task].test.size();
  return count;
}

std::size_t count_test_examples(const Plan& plan) {
  std::size_t count = 0;
  for (const PlannedTask& task : plan.tasks) count += task.test.size();
  return count;
}

std::optional<std::size_t> adapters_per_search(const RunConfig& config, const SweepInputs& inputs) {
  if (inputs.given) return std::nullopt;
  const bool is_counted = config.adapters.select == AdapterSelection::random || is_screened(config);
  return is_counted ? counted_adapters(config) : inputs.library.size();
}

LeastAndMost ranks_of(const SweepInputs& inputs) {
  const auto [least, most] = std::ranges::minmax_element(inputs.library, {}, &Adapter::rank);
  return {.least = static_cast<std::size_t>(least->rank()), .most = static_cast<std::size_t>(most->rank())};
}

std::optional<LeastAndMost> numbers_per_search(const Plan& plan) {
  if (plan.searches.empty()) return std::nullopt;
  const auto numbers = [&](const PlannedSearch& search) { return numbers_of(plan, search); };
  const auto [least, most] = std::ranges::minmax_element(plan.searches, {}, numbers);
  return LeastAndMost{.least = numbers(*least), .most = numbers(*most)};
}

}  // namespace lorasweep
