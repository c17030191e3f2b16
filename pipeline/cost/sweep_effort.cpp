// SPDX-License-Identifier: Apache-2.0
// Adds up what the examples of sets and tasks take.
#include "pipeline/cost/sweep_effort.h"

#include <algorithm>
#include <utility>

namespace lorasweep {
namespace {

std::vector<AdapterShape> rows_of(std::span<const AdapterShape> library, const std::vector<std::int32_t>& rows) {
  std::vector<AdapterShape> shapes;
  for (const std::int32_t row : rows) shapes.push_back(library[row]);
  return shapes;
}

std::span<const AdapterShape> first_of(std::span<const AdapterShape> library, std::size_t count) {
  return library.first(std::min(count, library.size()));
}

// Of searches whose adapters a screen will choose; all of them choose as many.
std::size_t chosen_adapters(const Plan& plan) {
  for (const PlannedSearch& search : plan.searches)
    if (search.adapter_set < 0) return adapters_of(plan, search);
  return 0;
}

}  // namespace

PhasedEffort& PhasedEffort::operator+=(const PhasedEffort& other) {
  evaluations += other.evaluations;
  prompts += other.prompts;
  steps += other.steps;
  return *this;
}

AnswerLength length_of_targets(const Plan& plan, int max_new_tokens) {
  return [&plan, max_new_tokens](std::int32_t example, bool) {
    const std::size_t tokens = plan.catalogue.examples.at(example).target.size();
    return std::min(static_cast<double>(std::max<std::size_t>(tokens, 1)), static_cast<double>(max_new_tokens));
  };
}

SweepEffort::SweepEffort(const ModelPlan& model, Composition composition, std::span<const AdapterShape> library,
                         const Plan& plan, AnswerLength length)
    : plan_(plan),
      length_(std::move(length)),
      base_(model, composition, {}),
      alone_(model, composition, first_of(library, 1)) {
  for (const std::vector<std::int32_t>& set : plan.adapter_sets)
    of_set_.emplace_back(model, composition, rows_of(library, set));
  of_set_.emplace_back(model, composition, first_of(library, chosen_adapters(plan)));
}

const NetworkEffort& SweepEffort::mixture_of(std::size_t search) const {
  const std::int32_t set = plan_.searches.at(search).adapter_set;
  return set < 0 ? of_set_.back() : of_set_.at(set);
}

Effort SweepEffort::losses(const NetworkEffort& network, std::int32_t example_set) const {
  std::vector<ExampleLength> lengths;
  for (const std::int32_t index : plan_.catalogue.example_sets.at(example_set)) {
    const Example& shot = plan_.catalogue.examples.at(index);
    lengths.push_back({shot.source.size(), shot.target.size()});
  }
  return network.composition() + network.losses(lengths);
}

Effort SweepEffort::evaluation(std::size_t search) const {
  return losses(mixture_of(search), plan_.searches.at(search).example_set);
}

Effort SweepEffort::trial(std::size_t number) const {
  const PlannedTrial& trial = plan_.trials.at(number);
  return losses(trial.kind == Trial::screen ? alone_ : mixture_of(trial.index), set_of_shots(plan_, trial));
}

PhasedEffort SweepEffort::answers(std::span<const std::int32_t> examples, bool composed, std::size_t together) const {
  const NetworkEffort& network = composed && of_set_.size() > 1 ? of_set_.front() : composed ? of_set_.back() : base_;
  PhasedEffort effort;
  for (std::size_t first = 0; first < examples.size(); first += together) {
    const std::span<const std::int32_t> unit = examples.subspan(first, std::min(together, examples.size() - first));
    std::vector<std::size_t> prompts;
    std::vector<double> lengths;
    for (const std::int32_t index : unit) {
      prompts.push_back(plan_.catalogue.examples.at(index).source.size());
      lengths.push_back(length_(index, composed));
    }
    effort.prompts += network.composition() + network.prompts(prompts);
    effort.steps += network.steps(prompts, lengths);
  }
  return effort;
}

PhasedEffort SweepEffort::answer(std::int32_t example, bool composed, double together) const {
  const auto count = static_cast<std::size_t>(std::max(together, 1.0));
  const std::vector<std::int32_t> alike(count, example);
  const PhasedEffort all = answers(alike, composed, count);
  const double share = 1.0 / static_cast<double>(count);
  return {.evaluations = {}, .prompts = share * all.prompts, .steps = share * all.steps};
}

double SweepEffort::answer_cost(std::int32_t example, bool composed) const {
  const PhasedEffort effort = answer(example, composed);
  return standard_seconds(effort.prompts) + standard_seconds(effort.steps);
}

}  // namespace lorasweep
