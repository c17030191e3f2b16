// SPDX-License-Identifier: Apache-2.0
// Separable CMA-ES: its update against another implementation, and functions with known minima.
#include "pipeline/search/separable_cma.h"

#include "pipeline/search/cma.h"
#include "tests/pipeline/search/minimise.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>

namespace lorasweep {
namespace {

void expect_near(const std::vector<double>& found, const std::vector<double>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i)
    EXPECT_NEAR(found[i], expected[i], 1e-12 * std::max(1.0, std::abs(expected[i]))) << i;
}

// tests/golden/make/make_separable_cma.py
TEST(SeparableCma, LearnsFromAGenerationWhatThePackageCmaesLearnsWithThePapersConstants) {
  std::ifstream file(std::string(LORASWEEP_GOLDEN_DIR) + "/separable_cma/generations.json");
  const nlohmann::json cases = nlohmann::json::parse(file);
  ASSERT_EQ(cases.size(), 3u);
  for (const auto& one : cases) {
    SeparableDistribution distribution(one["dimension"], {}, one["population"]);
    for (const auto& generation : one["generations"]) {
      distribution.learn(generation["ranked"].get<Generation>());
      expect_near(distribution.mean(), generation["mean"]);
      expect_near({distribution.sigma()}, {generation["sigma"]});
      expect_near(distribution.variances(), generation["variances"]);
    }
  }
}

double best_of(std::size_t dimension, std::size_t budget, const Objective& objective, std::uint64_t seed) {
  ReverseCommunication optimizer(
      separable_cma(dimension, {}, default_cma_population(dimension), CounterRandom(seed, 1)), budget);
  return std::ranges::min(minimise(optimizer, objective, budget).objectives);
}

/// Its axes lie along the coordinates; `condition`: how much steeper the last one is than the first.
Objective shifted_ellipsoid(double condition) {
  return [condition](const Weights& w) {
    double sum = 0;
    for (std::size_t i = 0; i < w.size(); ++i) {
      const double place = w.size() == 1 ? 0 : static_cast<double>(i) / static_cast<double>(w.size() - 1);
      sum += std::pow(condition, place) * (w[i] - 0.4) * (w[i] - 0.4);
    }
    return sum;
  };
}

TEST(SeparableCma, ConvergesOnAnEllipsoidOfManyWeights) {
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    EXPECT_LT(best_of(1, 300, shifted_ellipsoid(1), seed), 1e-8);
    EXPECT_LT(best_of(60, 12'000, shifted_ellipsoid(100), seed), 1e-10);
  }
}

// What it is for: within evaluations in which a whole covariance has learnt little yet.
TEST(SeparableCma, IsAheadOfCmaWhereWeightsAreManyAndDoNotInteract) {
  const Objective objective = shifted_ellipsoid(1e4);
  ReverseCommunication whole(cma(60, {}, default_cma_population(60), CounterRandom(1, 1)), 5000);
  EXPECT_LT(best_of(60, 5000, objective, 1), 0.2 * std::ranges::min(minimise(whole, objective, 5000).objectives));
}

TEST(SeparableCma, FindsAMinimumOnTheSideOfTheBox) {
  const auto slope = [](const Weights& w) { return -w[0] + w[1]; };
  EXPECT_NEAR(best_of(2, 600, slope, 1), -3, 1e-4);
}

}  // namespace
}  // namespace lorasweep
