// SPDX-License-Identifier: Apache-2.0
#include "pipeline/search/search.h"

#include <cmath>
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

bool Search::record(std::size_t step, const Weights& weights, double objective) {
  if (step >= steps_.size()) ask();
  if (step >= steps_.size() || steps_[step].objective || steps_[step].weights != weights) return false;
  steps_[step].out = true;
  steps_[step].objective = objective;
  ++recorded_;
  if (std::isfinite(objective) &&
      (!best_ || objective < best_->objective || (objective == best_->objective && step < best_->step)))
    best_ = Best{step, objective};
  tell();
  return true;
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
