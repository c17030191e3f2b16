// SPDX-License-Identifier: Apache-2.0
// Bookkeeping between a suspended algorithm and those who ask and tell.
#include "pipeline/search/reverse_communication.h"

#include "data/core/error.h"
#include "pipeline/search/objective.h"

#include <algorithm>
#include <iterator>
#include <string>

namespace lorasweep {

Generation SearchAlgorithm::advance(std::vector<double> objectives) {
  auto& promise = coroutine_.promise();
  promise.objectives_ = std::move(objectives);
  coroutine_.resume();
  if (promise.failure_) std::rethrow_exception(std::exchange(promise.failure_, nullptr));
  if (coroutine_.done()) throw InternalError("a search algorithm returned before its budget was used");
  return std::move(promise.points_);
}

ReverseCommunication::ReverseCommunication(SearchAlgorithm algorithm, std::size_t budget)
    : algorithm_(std::move(algorithm)), unproposed_(budget) {
  next_generation();
}

std::vector<Weights> ReverseCommunication::ask(std::size_t at_most) {
  const std::size_t count = std::min(at_most, generation_.size() - asked_);
  const auto first = generation_.begin() + asked_;
  asked_ += count;
  return {first, first + count};
}

void ReverseCommunication::tell(std::span<const double> objectives) {
  const std::size_t outstanding = asked_ - objectives_.size();
  if (objectives.size() > outstanding)
    throw InternalError("an optimizer was told " + std::to_string(objectives.size()) + " objectives for " +
                        std::to_string(outstanding) + " outstanding points");
  std::transform(objectives.begin(), objectives.end(), std::back_inserter(objectives_), finite_objective);
  if (!objectives_.empty() && objectives_.size() == generation_.size()) next_generation();
}

void ReverseCommunication::next_generation() {
  asked_ = 0;
  generation_.clear();
  if (unproposed_ == 0) return;
  generation_ = algorithm_.advance(std::exchange(objectives_, {}));
  if (generation_.size() > unproposed_) generation_.resize(unproposed_);
  unproposed_ -= generation_.size();
}

}  // namespace lorasweep
