// SPDX-License-Identifier: Apache-2.0
// Ranks the differences and tests the sum of the positive ranks.
#include "pipeline/statistics/signed_rank.h"

#include "data/core/error.h"
#include "pipeline/statistics/coin_sums.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace lorasweep {
namespace {

bool nearer_to_zero(double a, double b) { return std::abs(a) < std::abs(b); }

// Twice the average rank of each of the sorted values, which is a whole number: first and last rank of its ties added.
std::vector<std::uint64_t> doubled_ranks(const std::vector<double>& sorted) {
  std::vector<std::uint64_t> ranks;
  while (ranks.size() < sorted.size()) {
    const auto end = std::upper_bound(sorted.begin(), sorted.end(), sorted[ranks.size()], nearer_to_zero);
    const std::size_t last = end - sorted.begin();
    ranks.resize(last, ranks.size() + 1 + last);
  }
  return ranks;
}

}  // namespace

std::optional<SignedRankResult> signed_rank_test(std::span<const double> differences) {
  std::vector<double> sorted;
  for (const double difference : differences) {
    if (!std::isfinite(difference)) throw InternalError(fmt::format("a signed-rank test of {}", difference));
    if (difference != 0) sorted.push_back(difference);
  }
  if (differences.empty()) return std::nullopt;
  std::ranges::sort(sorted, nearer_to_zero);
  const std::vector<std::uint64_t> ranks = doubled_ranks(sorted);
  std::uint64_t positive = 0, negative = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) (sorted[i] > 0 ? positive : negative) += ranks[i];
  return SignedRankResult{.p = two_sided(coin_sum_tails(ranks, positive)),
                          .positive_ranks = static_cast<double>(positive) / 2,
                          .negative_ranks = static_cast<double>(negative) / 2,
                          .not_zero_count = sorted.size()};
}

}  // namespace lorasweep
