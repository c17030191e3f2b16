// SPDX-License-Identifier: Apache-2.0
// Searches that ended below the base model.
#include "pipeline/statistics/below_zero_shot.h"

#include "data/core/error.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace lorasweep {
namespace {

using Values = std::vector<double>;
constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

TEST(BelowZeroShot, CountsSearchesAndNamesTheDeepest) {
  const auto found = searches_below_zero_shot(Values{50, 40, 30, 20, 20, 12}, Values{45, 20}, 2, 3);
  EXPECT_EQ(found.compared, 6u);
  EXPECT_EQ(found.below, 3u) << "40 and 30 of 45, 12 of 20; equal is not below";
  ASSERT_TRUE(found.deepest.has_value());
  EXPECT_EQ(found.deepest->task, 0u);
  EXPECT_EQ(found.deepest->replicate, 2u);
  EXPECT_EQ(found.deepest->depth, 15);
}

TEST(BelowZeroShot, NamesTheFirstOfEquallyDeepOnes) {
  const auto found = searches_below_zero_shot(Values{60, 10, 0, 10}, Values{20, 10}, 2, 2);
  ASSERT_TRUE(found.deepest.has_value());
  EXPECT_EQ(found.deepest->task, 0u);
  EXPECT_EQ(found.deepest->replicate, 1u);
}

TEST(BelowZeroShot, DoesNotCompareWhatIsUnknown) {
  const auto found = searches_below_zero_shot(Values{unknown, 10, 0, 5}, Values{20, unknown}, 2, 2);
  EXPECT_EQ(found.compared, 1u);
  EXPECT_EQ(found.below, 1u);
  const auto no_base = searches_below_zero_shot(Values{0, 0}, {}, 1, 2);
  EXPECT_EQ(no_base.compared, 0u);
  EXPECT_EQ(no_base.below, 0u);
  EXPECT_FALSE(no_base.deepest.has_value());
}

TEST(BelowZeroShot, HasNoDeepestWhereAllAreAsGood) {
  const auto found = searches_below_zero_shot(Values{20, 30}, Values{20}, 1, 2);
  EXPECT_EQ(found.compared, 2u);
  EXPECT_EQ(found.below, 0u);
  EXPECT_FALSE(found.deepest.has_value());
  EXPECT_EQ(searches_below_zero_shot({}, {}, 0, 0).compared, 0u);
}

TEST(BelowZeroShot, RefusesColumnsOfOtherSizes) {
  EXPECT_THROW(searches_below_zero_shot(Values{1, 2, 3}, Values{1}, 1, 2), InternalError);
  EXPECT_THROW(searches_below_zero_shot(Values{1, 2}, Values{1, 2}, 1, 2), InternalError);
}

}  // namespace
}  // namespace lorasweep
