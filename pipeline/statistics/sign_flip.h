// SPDX-License-Identifier: Apache-2.0
// Whether a mean difference over examples could be chance: the sign-flip permutation test.
#pragma once

#include "pipeline/statistics/score_matrix.h"

#include <cstdint>
#include <optional>
#include <span>

namespace lorasweep {

struct SignFlipOptions {
  std::uint64_t most_steps = std::uint64_t{1} << 28;  ///< of the exact way (`coin_sum_steps`); beyond: by chance
  int resamples = 9'999;                              ///< by chance
  std::uint64_t seed = 0;                             ///< key of the CounterRandom
  std::uint64_t stream = 0;                           ///< its stream is 2^63 + this: away from the bootstrap's
};

struct SignFlipResult {
  double p = 1;       ///< two-sided, in (0, 1]
  bool exact = true;  ///< false: estimated from `resamples` random sign patterns
};

/// Paired differences in any common unit (the test does not depend on it; differences of scores averaged over R
/// replicates are whole numbers of 1 / R). Null hypothesis: each example's difference is as likely as its negative.
/// p = twice the smaller of P(mean >= observed), P(mean <= observed) over all 2^n patterns of signs, at most 1; equal
/// to scipy.stats.permutation_test(permutation_type="samples", alternative="two-sided") of the mean (Fisher 1935, "The
/// Design of Experiments", section 21). Exact by convolution where `most_steps` allows, which 2^n does not limit. Else
/// as scipy does it: each tail is (k + 1) / (resamples + 1) for k of the random patterns (Phipson & Smyth 2010, SAGMB
/// 9(1)). Differences of zero change nothing; if all are zero, p is 1. Nothing if there are no differences.
/// InternalError if `resamples` < 1, or the sizes of the differences add up to 2^64 or more.
std::optional<SignFlipResult> sign_flip_test(std::span<const std::int64_t> differences,
                                             const SignFlipOptions& options = {});

/// Of the differences per example, averaged over replicates.
std::optional<SignFlipResult> sign_flip_test(const ScoreMatrix& differences, const SignFlipOptions& options = {});

}  // namespace lorasweep
