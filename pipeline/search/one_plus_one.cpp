// SPDX-License-Identifier: Apache-2.0
// One parent, one child, the 1/5 rule.
#include "pipeline/search/one_plus_one.h"

#include <algorithm>
#include <cmath>

namespace lorasweep {
namespace {

constexpr double first_sigma = 1.0 / 12;  // in widths of the box, as are the limits
constexpr double least_sigma = 1e-12;
constexpr double greatest_sigma = 1;
constexpr double growth = 1.5;

Weights mutated(Weights point, double sigma, CounterRandom& random) {
  for (double& weight : point) weight += sigma * random.normal();
  return point;
}

}  // namespace

SearchAlgorithm one_plus_one(std::size_t dimension, SearchBox box, CounterRandom random) {
  const double shrinkage = std::pow(growth, -0.25);
  double sigma = first_sigma;
  Weights best(dimension, 0.0);
  double best_objective = co_yield best;
  while (true) {
    const Weights child = box.bounce(mutated(best, sigma * box.width(), random));
    const double objective = co_yield child;
    const bool success = objective < best_objective;
    if (success) {
      best = child;
      best_objective = objective;
    }
    sigma = std::clamp(sigma * (success ? growth : shrinkage), least_sigma, greatest_sigma);
  }
}

}  // namespace lorasweep
