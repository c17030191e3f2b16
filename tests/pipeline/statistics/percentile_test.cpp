// SPDX-License-Identifier: Apache-2.0
// Percentiles against numpy's.
#include "pipeline/statistics/percentile.h"

#include "data/core/error.h"
#include "tests/pipeline/statistics/statistics_golden.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace lorasweep {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(Percentile, EqualsNumpysLinearOneToTheBit) {
  for (const auto& sample : statistics_golden("percentile"))
    for (std::size_t i = 0; i < sample.at("percents").size(); ++i)
      EXPECT_EQ(percentile(sample.at("values"), sample.at("percents")[i]), sample.at("wanted")[i].get<double>())
          << sample.at("values").size() << " values, percent " << sample.at("percents")[i];
}

TEST(Percentile, OfNothingIsNothing) {
  EXPECT_FALSE(percentile({}, 50).has_value());
  EXPECT_FALSE(middle_interval({}, 95).has_value());
}

TEST(Percentile, RefusesWhatIsNotANumberOrNoPercentage) {
  EXPECT_THROW(percentile({1, nan}, 50), InternalError);
  EXPECT_THROW(middle_interval({nan}, 95), InternalError);
  for (const double percent : {-0.5, 100.5, nan}) EXPECT_THROW(percentile({1}, percent), InternalError) << percent;
  for (const double share : {0.0, 100.0, -1.0, nan}) EXPECT_THROW(middle_interval({1}, share), InternalError) << share;
}

TEST(Percentile, OfInfinitiesIsNeverNotANumber) {
  EXPECT_EQ(percentile({infinity, infinity, 1}, 75), infinity);
  EXPECT_EQ(percentile({-infinity, -infinity}, 30), -infinity);
}

TEST(MiddleInterval, LeavesOutAsMuchBelowAsAbove) {
  std::vector<double> values;
  for (int i = 1000; i >= 0; --i) values.push_back(i);
  const auto middle = middle_interval(values, 95);
  ASSERT_TRUE(middle.has_value());
  EXPECT_EQ(middle->low, 25);
  EXPECT_EQ(middle->high, 975);
}

}  // namespace
}  // namespace lorasweep
