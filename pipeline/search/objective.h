// SPDX-License-Identifier: Apache-2.0
// From the losses of a task's shots and a candidate's weights to the one number that a search minimises.
#pragma once

#include <cstdint>
#include <span>

namespace lorasweep {

/// How the losses of a task's shots become one number.
enum class Reduction {
  lorahub,       ///< mean over all target tokens of the shots, divided by the number of shots (the reference, all
                 ///< shots in one batch)
  token_mean,    ///< mean over all target tokens of the shots
  example_mean,  ///< mean over shots of the mean over their target tokens
};

/// `nll[i]`: summed negative log-likelihood of shot i's `target_tokens[i]` tokens. What is not finite passes
/// through, so that it can be recorded as it was. Throws InternalError for no shots, unequal lengths or a
/// shot without target tokens.
double few_shot_loss(Reduction reduction, std::span<const double> nll, std::span<const std::int32_t> target_tokens);

/// factor · mean|wᵢ|; 0 where there are no weights.
double l1_regularizer(std::span<const double> weights, double factor);

/// What stands for an objective that is not finite or larger than this, as in nevergrad.
inline constexpr double kPenalty = 5e20;

/// The objective as an algorithm sees it: itself, or kPenalty.
double finite_objective(double objective);

}  // namespace lorasweep
