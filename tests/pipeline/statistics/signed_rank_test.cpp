// SPDX-License-Identifier: Apache-2.0
// Signed ranks against scipy: exact without ties, by permutations with them.
#include "pipeline/statistics/signed_rank.h"

#include "data/core/error.h"
#include "tests/pipeline/statistics/statistics_golden.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace lorasweep {
namespace {

using Differences = std::vector<double>;

TEST(SignedRank, EqualsScipysExactTestAndItsPermutationTestWithTies) {
  for (const auto& golden : statistics_golden("signed_rank")) {
    const auto found = signed_rank_test(golden.at("differences").get<Differences>());
    ASSERT_TRUE(found.has_value());
    const double wanted = golden.at("p");
    EXPECT_NEAR(found->p, wanted, 1e-13 * wanted) << golden.at("by") << ", " << golden.at("differences");
    EXPECT_EQ(found->positive_ranks, golden.at("positive_ranks").get<double>()) << golden.at("differences");
    EXPECT_EQ(found->negative_ranks, golden.at("negative_ranks").get<double>()) << golden.at("differences");
    EXPECT_EQ(found->not_zero_count, golden.at("not_zero").get<std::size_t>()) << golden.at("differences");
  }
}

TEST(SignedRank, DoesNotDependOnOrderDirectionOrZeros) {
  const double p = signed_rank_test(Differences{1, 1, -2, 5, 8})->p;
  EXPECT_EQ(signed_rank_test(Differences{8, -2, 1, 5, 1})->p, p);
  EXPECT_EQ(signed_rank_test(Differences{-1, -1, 2, -5, -8})->p, p);
  EXPECT_EQ(signed_rank_test(Differences{0, 1, 1, -2, -0.0, 5, 8})->p, p);
}

TEST(SignedRank, OfASingleTaskCanShowNothing) {
  EXPECT_EQ(signed_rank_test(Differences{40})->p, 1);
  EXPECT_EQ(signed_rank_test(Differences{-1e-9})->p, 1);
}

TEST(SignedRank, SeesNothingWhereNothingDiffers) {
  const auto found = signed_rank_test(Differences{0, 0, 0});
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->p, 1);
  EXPECT_EQ(found->not_zero_count, 0u);
}

TEST(SignedRank, OfNothingIsNothing) { EXPECT_FALSE(signed_rank_test(Differences{}).has_value()); }

TEST(SignedRank, RefusesWhatIsNotANumber) {
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()})
    EXPECT_THROW(signed_rank_test(Differences{1, bad, 2}), InternalError) << bad;
}

TEST(SignedRank, IsExactForManyTasks) {
  Differences all_better;
  for (int i = 1; i <= 200; ++i) all_better.push_back(i);
  EXPECT_EQ(signed_rank_test(all_better)->p, std::ldexp(1.0, -199));
}

}  // namespace
}  // namespace lorasweep
