// SPDX-License-Identifier: Apache-2.0
// Names of the library, and what was given.
#include "pipeline/plan/plan_of_inputs.h"

#include "pipeline/config/budget.h"

#include <string>
#include <vector>

namespace lorasweep {

namespace {

std::vector<std::string> names_of(const std::vector<Adapter>& library) {
  std::vector<std::string> names;
  for (const Adapter& adapter : library) names.push_back(adapter.name());
  return names;
}

std::optional<PromptRoom> room_of(const ModelPlan& model) {
  if (!model.continues_prompt) return std::nullopt;
  return PromptRoom{.example = static_cast<std::size_t>(model.longest_sequence),
                    .with_answer = static_cast<std::size_t>(model.positions)};
}

}  // namespace

Plan plan_of(const RunConfig& config, const SweepInputs& inputs, std::optional<std::size_t> replicates) {
  require_budget(config, inputs.library.size());
  return make_plan(config, inputs.suite, names_of(inputs.library), *inputs.tokenizer,
                   {.given = inputs.given ? &*inputs.given : nullptr, .replicates = replicates, .room = room_of(inputs.base->plan())});
}

Plan screen_of(const RunConfig& config, const SweepInputs& inputs) {
  return make_plan(config, inputs.suite, names_of(inputs.library), *inputs.tokenizer, {.screen_only = true, .room = room_of(inputs.base->plan())});
}

}  // namespace lorasweep
