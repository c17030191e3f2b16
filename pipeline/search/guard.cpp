// SPDX-License-Identifier: Apache-2.0
// Leave-one-out over recorded losses.
#include "pipeline/search/guard.h"

#include "data/core/error.h"

#include <cmath>

namespace lorasweep {
namespace {

template <typename T>
std::vector<T> without(std::span<const T> values, std::size_t left_out) {
  std::vector<T> others(values.begin(), values.end());
  others.erase(others.begin() + left_out);
  return others;
}

}  // namespace

double leave_one_out_loss(Reduction reduction, std::span<const Tried> tried,
                          std::span<const std::int32_t> target_tokens) {
  const std::size_t shots = target_tokens.size();
  if (shots < 2) throw InternalError("one shot alone cannot be left out");
  std::vector<double> held_out;
  for (std::size_t shot = 0; shot < shots; ++shot) {
    const std::vector<std::int32_t> other_tokens = without(target_tokens, shot);
    BestStep best;
    for (std::size_t i = 0; i < tried.size(); ++i) {
      const std::vector<double> others = without(tried[i].nll, shot);
      best.consider(i, few_shot_loss(reduction, others, other_tokens) + tried[i].regularizer);
    }
    if (!best.best()) return GuardLosses::unknown;
    held_out.push_back(tried[best.best()->step].nll[shot]);
  }
  return few_shot_loss(reduction, held_out, target_tokens);
}

GuardVerdict verdict(const GuardLosses& losses, double ratio) {
  if (std::isfinite(losses.mixture) && !(losses.mixture > ratio * losses.base)) return GuardVerdict::mixture;
  const bool single = std::isfinite(losses.best_single) && !(losses.best_single >= losses.base);
  return single ? GuardVerdict::best_single : GuardVerdict::base;
}

Guarded guard(Reduction reduction, double ratio, std::span<const Tried> evaluations, std::span<const Tried> singles,
              std::span<const std::int32_t> target_tokens) {
  if (evaluations.empty()) throw InternalError("a search without evaluations has nothing to guard");
  Guarded guarded{.verdict = {},
                  .losses = {.mixture = leave_one_out_loss(reduction, evaluations, target_tokens),
                             .base = few_shot_loss(reduction, evaluations.front().nll, target_tokens)}};
  if (!singles.empty()) guarded.losses.best_single = leave_one_out_loss(reduction, singles, target_tokens);
  guarded.verdict = verdict(guarded.losses, ratio);
  return guarded;
}

}  // namespace lorasweep
