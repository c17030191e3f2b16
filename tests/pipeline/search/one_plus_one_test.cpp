// SPDX-License-Identifier: Apache-2.0
// The (1+1)-ES and its step rule.
#include "pipeline/search/one_plus_one.h"

#include "tests/pipeline/search/minimise.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace lorasweep {
namespace {

double norm(const Weights& w) {
  double sum = 0;
  for (const double weight : w) sum += weight * weight;
  return std::sqrt(sum);
}

TEST(OnePlusOne, ConvergesOnASphere) {
  ReverseCommunication optimizer(one_plus_one(5, {}, CounterRandom(1, 1)), 1000);
  const auto sphere = [](const Weights& w) {
    double sum = 0;
    for (const double weight : w) sum += (weight + 0.6) * (weight + 0.6);
    return sum;
  };
  EXPECT_LT(std::ranges::min(minimise(optimizer, sphere, 1).objectives), 1e-8);
}

TEST(OnePlusOne, ShrinksItsStepWhileItFails) {
  ReverseCommunication optimizer(one_plus_one(400, {}, CounterRandom(1, 1)), 100);
  int evaluation = 0;
  const Trace trace = minimise(
      optimizer, [&](const Weights&) { return evaluation++; }, 1);  // nothing beats w = 0
  const double shrunk = 0.25 * std::pow(1.5, -98.0 / 4);
  EXPECT_NEAR(norm(trace.points[1]) / 0.25, 20, 2.5);  // the square root of the dimension
  EXPECT_NEAR(norm(trace.points[99]) / shrunk, 20, 2.5);
}

TEST(OnePlusOne, WalksFromTheBestPoint) {
  ReverseCommunication optimizer(one_plus_one(3, {}, CounterRandom(1, 1)), 200);
  const auto uphill = [](const Weights& w) { return -w[0] - w[1] - w[2]; };
  EXPECT_NEAR(std::ranges::min(minimise(optimizer, uphill, 1).objectives), -4.5, 0.05);
}

}  // namespace
}  // namespace lorasweep
