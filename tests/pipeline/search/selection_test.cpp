// SPDX-License-Identifier: Apache-2.0
// Which adapters a screen chooses: ties, and what is not finite.
#include "pipeline/search/selection.h"

#include <gtest/gtest.h>

#include <limits>
#include <optional>
#include <vector>

namespace lorasweep {
namespace {

using Places = std::vector<std::int32_t>;

constexpr double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();

TEST(Selection, TakesTheLowestLossesTheLowestFirst) {
  EXPECT_EQ(lowest_losses(std::vector{3.0, 1.0, 2.0, 0.5}, 3), (Places{3, 1, 2}));
  EXPECT_EQ(lowest_losses(std::vector{3.0, -1.0}, 1), Places{1});
  EXPECT_EQ(lowest_losses(std::vector{3.0, -1.0}, 0), Places{});
  EXPECT_EQ(lowest_losses({}, 3), Places{});
}

TEST(Selection, TakesEqualLossesInTheirOrder) {
  EXPECT_EQ(lowest_losses(std::vector{2.0, 1.0, 2.0, 1.0, 2.0}, 4), (Places{1, 3, 0, 2}));
  EXPECT_EQ(lowest_losses(std::vector{0.0, -0.0, 0.0}, 2), (Places{0, 1}));
}

TEST(Selection, TakesWhatIsNotFiniteLastInItsOrder) {
  EXPECT_EQ(lowest_losses(std::vector{nan, 5.0, infinity, -infinity, 4.0}, 5), (Places{4, 1, 0, 2, 3}));
  EXPECT_EQ(lowest_losses(std::vector{nan, 5.0, infinity, -infinity, 4.0}, 2), (Places{4, 1}));
}

TEST(Selection, FillsUpWithWhatIsNotFiniteWhereTooFewAreFinite) {
  EXPECT_EQ(lowest_losses(std::vector{infinity, nan, 7.0}, 2), (Places{2, 0}));
  EXPECT_EQ(lowest_losses(std::vector{nan, infinity}, 2), (Places{0, 1}));
}

TEST(Selection, TakesAllWhereThereAreFewer) { EXPECT_EQ(lowest_losses(std::vector{2.0, 1.0}, 5), (Places{1, 0})); }

TEST(Selection, KnowsABestSingleOnlyAmongFiniteLosses) {
  EXPECT_EQ(lowest_loss(std::vector{nan, 2.0, 1.0, 1.0}), 2);
  EXPECT_EQ(lowest_loss(std::vector{nan, -infinity, infinity}), std::nullopt);
  EXPECT_EQ(lowest_loss({}), std::nullopt);
}

}  // namespace
}  // namespace lorasweep
