// SPDX-License-Identifier: Apache-2.0
// CMA-ES on functions with known minima.
#include "pipeline/search/cma.h"

#include "tests/pipeline/search/minimise.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace lorasweep {
namespace {

double shifted_sphere(const Weights& w) {
  double sum = 0;
  for (const double weight : w) sum += (weight - 0.7) * (weight - 0.7);
  return sum;
}

double rosenbrock(const Weights& w) {  // lowest at (1, ..., 1)
  double sum = 0;
  for (std::size_t i = 0; i + 1 < w.size(); ++i) {
    sum += 100 * std::pow(w[i + 1] - w[i] * w[i], 2) + std::pow(1 - w[i], 2);
  }
  return sum;
}

double turned_ellipsoid(const Weights& w) {  // condition 1e6, axes not along the coordinates
  const double a = w[0] + w[1] - 0.8, b = w[0] - w[1] + 0.2;
  return a * a + 1e6 * b * b;
}

double best_of(std::size_t dimension, std::size_t budget, const Objective& objective, std::uint64_t seed) {
  ReverseCommunication optimizer(cma(dimension, {}, default_cma_population(dimension), CounterRandom(seed, 1)), budget);
  return std::ranges::min(minimise(optimizer, objective, budget).objectives);
}

TEST(Cma, HasTheTutorialsPopulation) {
  EXPECT_EQ(default_cma_population(1), 4u);
  EXPECT_EQ(default_cma_population(10), 10u);
  EXPECT_EQ(default_cma_population(20), 12u);
}

TEST(Cma, ConvergesOnASphere) {
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    EXPECT_LT(best_of(1, 300, shifted_sphere, seed), 1e-8);
    EXPECT_LT(best_of(20, 3000, shifted_sphere, seed), 1e-8);
  }
}

TEST(Cma, FollowsTheValleyOfRosenbrock) {
  for (const std::uint64_t seed : {1u, 2u, 3u}) EXPECT_LT(best_of(5, 6000, rosenbrock, seed), 1e-8);
}

TEST(Cma, LearnsTheAxesOfAnEllipsoid) {
  for (const std::uint64_t seed : {1u, 2u, 3u}) EXPECT_LT(best_of(2, 1500, turned_ellipsoid, seed), 1e-8);
}

TEST(Cma, FindsAMinimumOnTheSideOfTheBox) {
  const auto slope = [](const Weights& w) { return -w[0] + w[1]; };
  EXPECT_NEAR(best_of(2, 600, slope, 1), -3, 1e-4);
}

TEST(Cma, SamplesTheFirstGenerationCloseToZero) {
  ReverseCommunication optimizer(cma(20, {}, 200, CounterRandom(5, 1)), 201);
  const auto points = optimizer.ask(201);
  double sum = 0, squares = 0;
  for (std::size_t i = 1; i < points.size(); ++i) {
    for (const double weight : points[i]) sum += weight, squares += weight * weight;
  }
  const double mean = sum / 4000;
  EXPECT_NEAR(mean, 0.05, 0.01);
  EXPECT_NEAR(std::sqrt(squares / 4000 - mean * mean), 0.1, 0.005);
}

}  // namespace
}  // namespace lorasweep
