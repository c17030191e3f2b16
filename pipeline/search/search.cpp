// SPDX-License-Identifier: Apache-2.0
// Keeps the steps of a search, and tells objectives to the optimizer in the order of its steps.
#include "pipeline/search/search.h"

#include "data/core/error.h"

#include <string>
#include <utility>

namespace lorasweep {

Search::Search(std::unique_ptr<Optimizer> optimizer, std::size_t budget)
    : optimizer_(std::move(optimizer)), budget_(budget) {}

void Search::ask() {
  for (Weights& weights : optimizer_->ask(budget_ - steps_.size()))
    steps_.push_back({std::move(weights), std::nullopt, false});
}

std::optional<std::size_t> Search::take() {
  while (first_not_out_ < steps_.size() && steps_[first_not_out_].out) ++first_not_out_;
  if (first_not_out_ == steps_.size()) ask();
  if (first_not_out_ == steps_.size()) return std::nullopt;
  steps_[first_not_out_].out = true;
  return first_not_out_++;
}

void Search::record(std::size_t step, double objective) {
  if (step >= steps_.size() || !steps_[step].out || steps_[step].objective)
    throw InternalError("an objective of step " + std::to_string(step) + ", which is not out");
  accept(step, objective);
}

bool Search::replay(std::size_t step, const Weights& weights, double objective) {
  if (step >= steps_.size()) ask();
  if (step >= steps_.size() || steps_[step].objective || steps_[step].weights != weights) return false;
  steps_[step].out = true;
  accept(step, objective);
  return true;
}

void Search::accept(std::size_t step, double objective) {
  steps_[step].objective = objective;
  ++recorded_;
  best_.consider(step, objective);
  tell();
}

void Search::tell() {
  std::vector<double> objectives;
  while (told_ + objectives.size() < steps_.size() && steps_[told_ + objectives.size()].objective)
    objectives.push_back(*steps_[told_ + objectives.size()].objective);
  if (objectives.empty()) return;
  told_ += objectives.size();
  optimizer_->tell(objectives);
}

}  // namespace lorasweep
