// SPDX-License-Identifier: Apache-2.0
// One search: candidates out, objectives in, exactly `budget` of them, told to the optimizer in the order it asked.
#pragma once

#include "pipeline/search/objective.h"
#include "pipeline/search/optimizer.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace lorasweep {

class Search {
 public:
  Search(std::unique_ptr<Optimizer> optimizer, std::size_t budget);

  /// The next candidate to evaluate, as a step in 0 .. budget - 1; nullopt: none until more is recorded, or all are
  /// out.
  std::optional<std::size_t> take();
  const Weights& weights(std::size_t step) const { return steps_.at(step).weights; }

  /// The objective of a step that take() handed out, in any order. InternalError for a step that is not out, or twice.
  void record(std::size_t step, double objective);
  /// An objective that an earlier process recorded, for a step that this object need not have handed out: the optimizer
  /// is asked again and must ask for exactly `weights`; returns false where it does not, where the step cannot have
  /// been reached, or where its objective is known already.
  [[nodiscard]] bool replay(std::size_t step, const Weights& weights, double objective);

  std::size_t budget() const { return budget_; }
  std::size_t recorded() const { return recorded_; }
  bool finished() const { return recorded_ == budget_; }

  using Best = BestStep::Best;
  const std::optional<Best>& best() const { return best_.best(); }

 private:
  void ask();
  void accept(std::size_t step, double objective);
  void tell();

  struct Step {
    Weights weights;
    std::optional<double> objective;
    bool out = false;
  };
  std::unique_ptr<Optimizer> optimizer_;
  std::size_t budget_, recorded_ = 0, told_ = 0, first_not_out_ = 0;
  std::vector<Step> steps_;
  BestStep best_;
};

}  // namespace lorasweep
