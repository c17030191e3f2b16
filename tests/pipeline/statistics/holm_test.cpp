// SPDX-License-Identifier: Apache-2.0
// Holm's adjustment against statsmodels.
#include "pipeline/statistics/holm.h"

#include "data/core/error.h"
#include "tests/pipeline/statistics/statistics_golden.h"

#include <gmock/gmock.h>

#include <limits>
#include <vector>

namespace lorasweep {
namespace {

using Values = std::vector<double>;

TEST(Holm, EqualsStatsmodelsToTheBit) {
  for (const auto& golden : statistics_golden("holm"))
    EXPECT_EQ(holm_adjusted(golden.at("p").get<Values>()), golden.at("adjusted").get<Values>()) << golden.at("p");
}

TEST(Holm, LeavesOneTestAlone) { EXPECT_THAT(holm_adjusted(Values{0.03}), testing::ElementsAre(0.03)); }

TEST(Holm, OfNoTestIsNothing) { EXPECT_THAT(holm_adjusted(Values{}), testing::IsEmpty()); }

TEST(Holm, RefusesWhatIsNoProbability) {
  for (const double bad : {-0.01, 1.01, std::numeric_limits<double>::quiet_NaN()})
    EXPECT_THROW(holm_adjusted(Values{0.5, bad}), InternalError) << bad;
}

}  // namespace
}  // namespace lorasweep
