// SPDX-License-Identifier: Apache-2.0
// Bouncing at the sides of the box.
#include "pipeline/search/search_box.h"

#include <gtest/gtest.h>

namespace lorasweep {
namespace {

TEST(SearchBox, LeavesWhatIsInside) {
  EXPECT_EQ(SearchBox{}.bounce({-1.5, -0.1, 0, 1.5}), (Weights{-1.5, -0.1, 0, 1.5}));
}

TEST(SearchBox, ReflectsOnlyTheCoordinatesThatLeft) {
  EXPECT_EQ(SearchBox{}.bounce({1.75, 0.3, -2.5}), (Weights{1.25, 0.3, -0.5}));
}

TEST(SearchBox, ClipsWhatIsReflectedBeyondTheOtherSide) {
  EXPECT_EQ((SearchBox{.low = -1, .high = 0.5}.bounce({3, -9})), (Weights{-1, 0.5}));
}

}  // namespace
}  // namespace lorasweep
