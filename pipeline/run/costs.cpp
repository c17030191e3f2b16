// SPDX-License-Identifier: Apache-2.0
// Counts tokens of shots and sources.
#include "pipeline/run/costs.h"

namespace lorasweep {
namespace {

constexpr double expected_answer_tokens = 16;

}  // namespace

Costs::Costs(const Plan& plan) : plan_(plan) {
  for (const std::vector<std::int32_t>& shots : plan.catalogue.example_sets) {
    double tokens = 0;
    for (const std::int32_t index : shots) {
      const Example& shot = plan.catalogue.examples[index];
      tokens += static_cast<double>(shot.source.size() + shot.target.size());
    }
    evaluation_of_set_.push_back(tokens);
  }
}

double Costs::answer(std::int32_t example) const {
  return static_cast<double>(plan_.catalogue.examples[example].source.size()) + expected_answer_tokens;
}

}  // namespace lorasweep
