// SPDX-License-Identifier: Apache-2.0
// A screen as CSV: order, gaps, names that need quotation marks.
#include "pipeline/collect/screen_csv.h"

#include <gtest/gtest.h>

#include <limits>

namespace lorasweep {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();

SweepResults two_tasks() {
  SweepResults results;
  results.summary.task = {"a", "b,c"};
  results.adapters.name = {"x", "y", "z"};
  results.screen = ScreenedAdapters{.shots = 2,
                                    .shot_seed = {42},
                                    .loss = {0.5, 0.25, nan, 2, infinity, 1},
                                    .nll = {1, 2, 0.5, 0.75, nan, nan, 3, 4, infinity, 5, 6, 7}};
  return results;
}

TEST(ScreenCsv, HasTheBestOfEachTaskFirst) {
  EXPECT_EQ(screen_csv(two_tasks()),
            "task,adapter,loss,nll_0,nll_1\n"
            "a,y,0.25,0.5,0.75\n"
            "a,x,0.5,1,2\n"
            "a,z,,,\n"
            "\"b,c\",z,1,6,7\n"
            "\"b,c\",x,2,3,4\n"
            "\"b,c\",y,inf,inf,5\n");
}

TEST(ScreenCsv, NamesTheDrawWhereThereAreSeveral) {
  SweepResults results = two_tasks();
  results.summary.task = {"a"};
  results.screen->shot_seed = {42, 7};
  EXPECT_EQ(screen_csv(results).substr(0, 76),
            "task,shot_seed,adapter,loss,nll_0,nll_1\n"
            "a,42,y,0.25,0.5,0.75\n"
            "a,42,x,0.5,1,2\n");
}

TEST(ScreenCsv, IsEmptyWithoutAScreen) { EXPECT_EQ(screen_csv(SweepResults{}), "task,adapter,loss\n"); }

}  // namespace
}  // namespace lorasweep
