// SPDX-License-Identifier: Apache-2.0
// The reductions of the shots' losses, the L1 term, and the rules for what is not finite.
#include "pipeline/search/objective.h"

#include "data/core/error.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <string>

namespace lorasweep {
namespace {

void check_shots(std::span<const double> nll, std::span<const std::int32_t> target_tokens) {
  if (nll.empty() || nll.size() != target_tokens.size())
    throw InternalError("a few-shot loss needs one token count a shot, got " + std::to_string(nll.size()) +
                        " losses and " + std::to_string(target_tokens.size()) + " counts");
  if (std::ranges::min(target_tokens) < 1) throw InternalError("a shot has no target tokens");
}

double mean_over_tokens(std::span<const double> nll, std::span<const std::int32_t> target_tokens) {
  const double tokens = std::accumulate(target_tokens.begin(), target_tokens.end(), 0.0);
  return std::accumulate(nll.begin(), nll.end(), 0.0) / tokens;
}

double mean_over_shots(std::span<const double> nll, std::span<const std::int32_t> target_tokens) {
  double sum = 0;
  for (std::size_t shot = 0; shot < nll.size(); ++shot) sum += nll[shot] / target_tokens[shot];
  return sum / static_cast<double>(nll.size());
}

}  // namespace

double few_shot_loss(Reduction reduction, std::span<const double> nll, std::span<const std::int32_t> target_tokens) {
  check_shots(nll, target_tokens);
  switch (reduction) {
    case Reduction::lorahub: return mean_over_tokens(nll, target_tokens) / static_cast<double>(nll.size());
    case Reduction::token_mean: return mean_over_tokens(nll, target_tokens);
    case Reduction::example_mean: return mean_over_shots(nll, target_tokens);
  }
  throw InternalError("unknown reduction");
}

double l1_regularizer(std::span<const double> weights, double factor) {
  if (weights.empty()) return 0;
  double sum = 0;
  for (const double weight : weights) sum += std::abs(weight);
  return factor * sum / static_cast<double>(weights.size());
}

double finite_objective(double objective) {
  return std::isfinite(objective) ? std::min(objective, penalty_objective) : penalty_objective;
}

bool may_be_best(double objective) { return std::isfinite(objective); }

void BestStep::consider(std::size_t step, double objective) {
  if (!may_be_best(objective)) return;
  if (!best_ || objective < best_->objective || (objective == best_->objective && step < best_->step))
    best_ = Best{step, objective};
}

}  // namespace lorasweep
