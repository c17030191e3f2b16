// SPDX-License-Identifier: Apache-2.0
// Greedy soups, round by round.
#include "pipeline/search/greedy.h"

#include "tests/pipeline/search/minimise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lorasweep {
namespace {

using testing::ElementsAre;

class Greedy : public testing::Test {
 protected:
  /// The points of the next round, which then have these objectives.
  std::vector<Weights> round(const std::vector<double>& objectives) {
    const std::vector<Weights> points = optimizer.ask(100);
    EXPECT_EQ(points.size(), objectives.size());
    optimizer.tell(objectives);
    return points;
  }
  ReverseCommunication optimizer{greedy(3, {}), 100};
};

TEST_F(Greedy, AddsTheAdapterThatHelpsMostAsOnePartMoreOfAMean) {
  EXPECT_THAT(round({5, 4, 2, 3}), ElementsAre(Weights{0, 0, 0}, Weights{1, 0, 0}, Weights{0, 1, 0}, Weights{0, 0, 1}));
  // The second one is the soup; another part of it would change nothing.
  EXPECT_THAT(round({1.5, 1, 1.8}), ElementsAre(Weights{0.5, 0.5, 0}, Weights{0, 0.5, 0.5}, Weights{0, 0.5, 0}));
  const Weights soup = {0, 0.5, 0.5};
  const double third = 1 - 1.0 / 3;
  EXPECT_THAT(round({9, 0.5, 9, 9}),
              ElementsAre(Weights{1.0 / 3, 0.5 * third, 0.5 * third}, Weights{0, 0.5 * third + 1.0 / 3, 0.5 * third},
                          Weights{0, 0.5 * third, 0.5 * third + 1.0 / 3}, Weights{0, 0.5 * third, 0.5 * third}));
  const auto quarters = round({9, 9, 9, 9});
  EXPECT_DOUBLE_EQ(quarters[0][0], 1.0 / 4);
  EXPECT_DOUBLE_EQ(quarters[0][1], 2.0 / 4);
  EXPECT_DOUBLE_EQ(quarters[0][2], 1.0 / 4);
}

TEST_F(Greedy, TakesTheFirstOfEqualOnesAndNoneThatIsNotLower) {
  round({5, 3, 2, 2});
  EXPECT_THAT(round({2, 2, 2})[0], (Weights{0.5, 0.5, 0})) << "beside the second adapter, not the third";
}

TEST_F(Greedy, AddsPartsHalfAsLargeWhereNoneHelps) {
  EXPECT_EQ(round({1, 2, 2, 2})[1], (Weights{1, 0, 0}));
  EXPECT_THAT(round({2, 0.5, 2}), ElementsAre(Weights{0.5, 0, 0}, Weights{0, 0.5, 0}, Weights{0, 0, 0.5}));
  const double third = 1 - 1.0 / 3;
  EXPECT_THAT(round({9, 9, 9, 9})[3], (Weights{0, 0.5 * third, 0})) << "the soup has two parts now, one of them empty";
  EXPECT_THAT(round({9, 9, 9, 9})[0], (Weights{1.0 / 6, 0.5 * (1 - 1.0 / 6), 0}));
}

TEST(GreedyInABox, AddsWhatTheBoxAllowsOfAnAdapter) {
  for (const auto& [box, whole] : std::vector<std::pair<SearchBox, double>>{
           {{-1.5, 1.5}, 1}, {{-3, 0.25}, 0.25}, {{-0.5, 0}, -0.5}, {{-2, 0}, -1}}) {
    ReverseCommunication optimizer(greedy(2, box), 3);
    EXPECT_THAT(optimizer.ask(3), ElementsAre(Weights{0, 0}, Weights{whole, 0}, Weights{0, whole}));
  }
}

TEST(GreedyOnAMean, FindsTheSharesOfAMixture) {
  const auto distance = [](const Weights& w) {
    const double a = w[0] - 0.5, b = w[1] - 0.125, c = w[2] - 0.25;
    return a * a + b * b + c * c;
  };
  ReverseCommunication optimizer(greedy(3, {}), 400);
  EXPECT_LT(std::ranges::min(minimise(optimizer, distance, 400).objectives), 1e-4);
}

}  // namespace
}  // namespace lorasweep
