// SPDX-License-Identifier: Apache-2.0
// Sums by coins against listing all outcomes.
#include "pipeline/statistics/coin_sums.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace lorasweep {
namespace {

using Weights = std::vector<std::uint64_t>;

Tails listed(const Weights& weights, std::uint64_t observed) {
  const std::uint64_t patterns = std::uint64_t{1} << weights.size();
  Tails tails{.at_most = 0, .at_least = 0};
  for (std::uint64_t pattern = 0; pattern < patterns; ++pattern) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < weights.size(); ++i)
      if (pattern >> i & 1) sum += weights[i];
    tails.at_most += sum <= observed ? 1 : 0;
    tails.at_least += sum >= observed ? 1 : 0;
  }
  return {tails.at_most / static_cast<double>(patterns), tails.at_least / static_cast<double>(patterns)};
}

TEST(CoinSums, HaveTheTailsOfAllOutcomes) {
  for (const Weights& weights : {Weights{}, Weights{0, 0}, Weights{1}, Weights{5, 5, 5}, Weights{1, 2, 4, 8, 16},
                                 Weights{7, 7, 3, 0, 12, 1, 1, 9}, Weights{10, 20, 30, 40}, Weights{1000, 1}}) {
    const std::uint64_t all = std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
    for (std::uint64_t observed = 0; observed <= all; ++observed) {
      const Tails found = coin_sum_tails(weights, observed), wanted = listed(weights, observed);
      EXPECT_EQ(found.at_most, wanted.at_most) << observed << " of " << all;
      EXPECT_EQ(found.at_least, wanted.at_least) << observed << " of " << all;
    }
  }
}

TEST(CoinSums, AreNotLimitedByTheNumberOfOutcomes) {
  const Weights ones(250, 1);
  EXPECT_EQ(coin_sum_tails(ones, 0).at_most, std::ldexp(1.0, -250));
  EXPECT_EQ(coin_sum_tails(ones, 250).at_least, std::ldexp(1.0, -250));
  EXPECT_NEAR(coin_sum_tails(ones, 250).at_most, 1, 1e-13);
}

TEST(CoinSums, AreTwoSidedAsTwiceTheSmallerTail) {
  EXPECT_EQ(two_sided({.at_most = 0.25, .at_least = 0.875}), 0.5);
  EXPECT_EQ(two_sided({.at_most = 0.875, .at_least = 0.125}), 0.25);
  EXPECT_EQ(two_sided({.at_most = 0.625, .at_least = 0.75}), 1) << "both include what was observed";
}

TEST(CoinSums, CostStepsInUnitsOfTheirCommonDivisor) {
  EXPECT_EQ(coin_sum_steps(Weights{}), 0u);
  EXPECT_EQ(coin_sum_steps(Weights{0}), 0u);
  EXPECT_EQ(coin_sum_steps(Weights{3, 5}), 16u);
  EXPECT_EQ(coin_sum_steps(Weights{3000, 5000}), 16u);
}

TEST(CoinSums, CostTheGreatestNumberWhereTheirStepsCannotBeCounted) {
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(coin_sum_steps(Weights{most, most - 1}), most);
  EXPECT_EQ(coin_sum_steps(Weights{most - 1, 1, 0}), most);
  EXPECT_EQ(coin_sum_steps(Weights{std::uint64_t{1} << 63, (std::uint64_t{1} << 63) + 1}), most)
      << "their sum is 1, modulo 2^64";
}

}  // namespace
}  // namespace lorasweep
