// SPDX-License-Identifier: Apache-2.0
// From the losses of a task's shots and a candidate's weights to the one number that a search minimises, and what
// counts as its answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>

namespace lorasweep {

/// How the losses of a task's shots become one number.
enum class Reduction {
  lorahub,       ///< mean over all target tokens of the shots, divided by the number of shots (the reference, all
                 ///< shots in one batch)
  token_mean,    ///< mean over all target tokens of the shots
  example_mean,  ///< mean over shots of the mean over their target tokens
};

/// As configurations write it.
constexpr const char* name_of(Reduction reduction) {
  switch (reduction) {
    case Reduction::lorahub: return "lorahub";
    case Reduction::token_mean: return "token_mean";
    case Reduction::example_mean: return "example_mean";
  }
  throw std::logic_error("a reduction without a name");
}

/// `nll[i]`: summed negative log-likelihood of shot i's `target_tokens[i]` tokens. What is not finite passes
/// through, so that it can be recorded as it was. Throws InternalError for no shots, unequal lengths or a
/// shot without target tokens.
double few_shot_loss(Reduction reduction, std::span<const double> nll, std::span<const std::int32_t> target_tokens);

/// factor · mean|wᵢ|; 0 where there are no weights.
double l1_regularizer(std::span<const double> weights, double factor);

// An objective that is not finite (a loss was NaN or overflowed) is recorded as it is, and then treated so:

/// What stands for an objective that is not finite or larger than this, as in nevergrad.
inline constexpr double penalty_objective = 5e20;

/// The objective as an algorithm sees it: itself, or penalty_objective.
double finite_objective(double objective);

/// Whether a candidate of this objective may be what a search found: only if it is finite.
bool may_be_best(double objective);

/// The answer of every method: the lowest objective that may be it, the earliest step on a tie, in whatever order they
/// come.
class BestStep {
 public:
  struct Best {
    std::size_t step;
    double objective;
  };
  void consider(std::size_t step, double objective);
  /// Nothing until one that may be it was considered.
  const std::optional<Best>& best() const { return best_; }

 private:
  std::optional<Best> best_;
};

}  // namespace lorasweep
