// SPDX-License-Identifier: Apache-2.0
// Whether one way is better than another over tasks: the exact Wilcoxon signed-rank test.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace lorasweep {

struct SignedRankResult {
  double p = 1;                    ///< two-sided, in (0, 1]
  double positive_ranks = 0;       ///< sum of the ranks of positive differences
  double negative_ranks = 0;       ///< scipy's statistic is the smaller of the two
  std::size_t not_zero_count = 0;  ///< differences that were ranked
};

/// One difference a task, in any unit. Zeros are dropped before ranking (Wilcoxon 1945, Biometrics Bulletin 1(6);
/// scipy's zero_method="wilcox"); sizes that are equal bits share their average rank. p = twice the smaller tail of the
/// sum of positive ranks over all 2^n patterns of signs, at most 1: exact with ties too, by convolution over doubled
/// ranks. Without ties and zeros this is scipy.stats.wilcoxon(method="exact"); with them, scipy.stats.permutation_test
/// of the same sum. If all differences are zero, p is 1. Nothing if there are none. InternalError for a NaN or an
/// infinity.
///
/// Time grows as the cube of the number of differences, memory as its square: 1,000 take about a second and 16 MB.
/// Means that should tie must be equal bits: make each by one division (`ScoreMatrix::mean`).
std::optional<SignedRankResult> signed_rank_test(std::span<const double> differences);

}  // namespace lorasweep
