// SPDX-License-Identifier: Apache-2.0
// Line searches in waves, wave by wave.
#include "pipeline/search/probe.h"

#include "tests/pipeline/search/minimise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace lorasweep {
namespace {

using testing::ElementsAre;

double bowl(const Weights& w) {
  double sum = 0;
  for (std::size_t i = 0; i < w.size(); ++i) {
    const double away = w[i] - 0.9 * std::sin(static_cast<double>(2 * i + 1));
    sum += (1 + static_cast<double>(i % 5)) * away * away;
  }
  return sum;
}

TEST(Probe, TriesEveryAdapterAloneThenTheBestTogetherAndSteps) {
  ReverseCommunication optimizer(probe(3, {}, 6), 100);
  EXPECT_THAT(optimizer.ask(100), ElementsAre(Weights{0, 0, 0}, Weights{1, 0, 0}, Weights{0, 1, 0}, Weights{0, 0, 1}));
  optimizer.tell(std::vector<double>{5, 6, 2, 3});  // the first adapter gains nothing
  const double half = 1 / std::sqrt(2.0);
  EXPECT_THAT(optimizer.ask(100), ElementsAre(Weights{0, half, half}, Weights{0, 1.5, 0}, Weights{0, 0.5, 0},
                                              Weights{0, 1, 0.5}, Weights{0, 1, -0.5}, Weights{0, 1.25, 0}));
  // The second adapter's line gained by its longer step, the third's more; the point together is lowest.
  optimizer.tell(std::vector<double>{0.5, 1.9, 2.1, 1.5, 3, 1.95});
  const auto points = optimizer.ask(100);
  ASSERT_EQ(points.size(), 6u);
  EXPECT_THAT(points[0], (Weights{0, 1 + 0.5 * half, 0.5 * half})) << "from where the last wave went out";
  EXPECT_THAT(points[1], (Weights{0, half, half + 0.5}));
  EXPECT_THAT(points[2], (Weights{0, half, half - 0.5}));
  EXPECT_THAT(points[3], (Weights{0, half + 0.5, half}));
}

TEST(Probe, HalvesTheStepOfALineThatGainsNothingAndLooksAtOthersFirst) {
  ReverseCommunication optimizer(probe(3, {}, 2), 100);
  optimizer.ask(100);
  optimizer.tell(std::vector<double>{0, 1, 2, 3});
  const auto line = [](std::size_t weight, double step) {
    Weights up(3, 0.0), down(3, 0.0);
    up[weight] = step;
    down[weight] = -step;
    return testing::ElementsAre(up, down);
  };
  for (const double step : {0.5, 0.25, 0.125})
    for (const std::size_t weight : {0u, 1u, 2u}) {
      EXPECT_THAT(optimizer.ask(100), line(weight, step));
      optimizer.tell(std::vector<double>{1, 1});
    }
}

TEST(Probe, StepsTwiceAsFarWhereAStepWasTheBestOfItsWaveButNotBeyondAThirdOfTheBox) {
  ReverseCommunication optimizer(probe(1, {-6, 6}, 2), 100);
  optimizer.ask(100);
  optimizer.tell(std::vector<double>{0, -1});
  EXPECT_THAT(optimizer.ask(100), ElementsAre(Weights{3}, Weights{-1}));
  optimizer.tell(std::vector<double>{0, -2});
  EXPECT_THAT(optimizer.ask(100), ElementsAre(Weights{3}, Weights{-5}));
  optimizer.tell(std::vector<double>{0, -3});
  EXPECT_THAT(optimizer.ask(100), ElementsAre(Weights{-1}, Weights{-6})) << "4, where it ends at the side";
}

TEST(Probe, LooksAtOneLineMoreFinelyWhereThereIsRoom) {
  ReverseCommunication optimizer(probe(1, {}, 6), 100);
  optimizer.ask(100);
  optimizer.tell(std::vector<double>{0, 1});
  EXPECT_THAT(optimizer.ask(100),
              ElementsAre(Weights{0.5}, Weights{-0.5}, Weights{0.25}, Weights{-0.25}, Weights{0.125}, Weights{-0.125}));
}

TEST(Probe, ConvergesWhereWeightsDoNotInteractWhateverItsPopulation) {
  for (const std::size_t population : {2u, 3u, 8u, 64u}) {
    ReverseCommunication optimizer(probe(20, {}, population), 4000);
    EXPECT_LT(std::ranges::min(minimise(optimizer, bowl, 4000).objectives), 1e-6) << population;
  }
}

TEST(Probe, FillsEveryWaveAfterTheFirst) {
  ReverseCommunication optimizer(probe(20, {}, 16), 21 + 16 * 30);
  std::size_t waves = 0;
  for (std::vector<Weights> points = optimizer.ask(1000); !points.empty(); points = optimizer.ask(1000), ++waves) {
    EXPECT_EQ(points.size(), waves == 0 ? 21u : 16u);
    std::vector<double> objectives;
    for (const Weights& point : points) objectives.push_back(bowl(point));
    optimizer.tell(objectives);
  }
  EXPECT_EQ(waves, 31u);
}

}  // namespace
}  // namespace lorasweep
