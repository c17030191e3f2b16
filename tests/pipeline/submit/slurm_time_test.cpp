// SPDX-License-Identifier: Apache-2.0
// Time limits mean what sbatch's manual says.
#include "pipeline/submit/slurm_time.h"

#include <gtest/gtest.h>

namespace lorasweep {
namespace {

TEST(LimitInSeconds, FollowsTheSixWaysOfSbatch) {
  EXPECT_EQ(limit_in_seconds("90"), 90 * 60);
  EXPECT_EQ(limit_in_seconds("90:00"), 90 * 60);
  EXPECT_EQ(limit_in_seconds("04:00:00"), 4 * 3600);
  EXPECT_EQ(limit_in_seconds("2-12"), 60 * 3600);
  EXPECT_EQ(limit_in_seconds("2-12:30"), 60 * 3600 + 30 * 60);
  EXPECT_EQ(limit_in_seconds("2-12:30:00"), 60 * 3600 + 30 * 60);
}

TEST(LimitInSeconds, IsRoundedUpToMinutes) {
  EXPECT_EQ(limit_in_seconds("1:01"), 120);
  EXPECT_EQ(limit_in_seconds("0-0:0:1"), 60);
}

TEST(LimitInSeconds, IsNothingForNoLimit) { EXPECT_EQ(limit_in_seconds("0"), 0); }

}  // namespace
}  // namespace lorasweep
