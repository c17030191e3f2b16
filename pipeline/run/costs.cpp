// SPDX-License-Identifier: Apache-2.0
// Counts tokens of shots and sources.
#include "pipeline/run/costs.h"

namespace lorasweep {
namespace {

constexpr double expected_answer_tokens = 16;

}  // namespace

Costs::Costs(const Plan& plan) : plan_(plan) {
  for (const PlannedTask& task : plan.tasks) {
    double tokens = 0;
    for (const std::int32_t index : plan.catalogue.example_sets[task.example_set]) {
      const Example& shot = plan.catalogue.examples[index];
      tokens += static_cast<double>(shot.source.size() + shot.target.size());
    }
    evaluation_of_task_.push_back(tokens);
  }
}

double Costs::answer(std::int32_t example) const {
  return static_cast<double>(plan_.catalogue.examples[example].source.size()) + expected_answer_tokens;
}

}  // namespace lorasweep
