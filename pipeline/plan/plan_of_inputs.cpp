// SPDX-License-Identifier: Apache-2.0
// Names of the library, and what was given.
#include "pipeline/plan/plan_of_inputs.h"

#include "data/core/error.h"
#include "pipeline/config/budget.h"
#include "pipeline/search/make_optimizer.h"

#include <fmt/format.h>

#include <string>
#include <utility>
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

// Of a library that is searched whole, or named: how many adapters there are is known now.
void require_rounds(const RunConfig& config, const Plan& plan) {
  for (const PlannedSearch& search : plan.searches)
    if (const std::size_t adapters = adapters_of(plan, search); std::cmp_less(adapters, config.search.rounds))
      throw ConfigError("search.rounds", fmt::format("{} rounds, but {} adapters", config.search.rounds, adapters),
                        "give every round an adapter");
}

// That of one number an adapter is checked with the configuration.
void require_dimension(const RunConfig& config, const Plan& plan) {
  for (const PlannedSearch& search : plan.searches)
    if (const std::size_t numbers = numbers_of(plan, search); plan.places > 1 && numbers > most_dimensions)
      throw ConfigError(
          "search.scope",
          fmt::format("\"{}\" makes {} numbers of {} adapters in {} places", name_of(config.search.scope), numbers,
                      adapters_of(plan, search), plan.places),
          fmt::format("a search takes {} at most: lower adapters.count, or choose a narrower scope", most_dimensions));
}

}  // namespace

Plan plan_of(const RunConfig& config, const SweepInputs& inputs, std::optional<std::size_t> replicates) {
  require_budget(config, inputs.library.size());
  Plan plan = make_plan(config, inputs.suite, names_of(inputs.library), *inputs.tokenizer,
                        {.given = inputs.given ? &*inputs.given : nullptr,
                         .replicates = replicates,
                         .room = room_of(inputs.base->plan()),
                         .places = inputs.places.count()});
  if (!inputs.given) {
    require_dimension(config, plan);
    require_rounds(config, plan);
  }
  return plan;
}

Plan screen_of(const RunConfig& config, const SweepInputs& inputs) {
  return make_plan(config, inputs.suite, names_of(inputs.library), *inputs.tokenizer,
                   {.screen_only = true, .room = room_of(inputs.base->plan())});
}

}  // namespace lorasweep
