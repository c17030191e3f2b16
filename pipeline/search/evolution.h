// SPDX-License-Identifier: Apache-2.0
// What the two forms of CMA-ES share: where they begin, how far sigma may go, and how generations follow each other.
#pragma once

#include "data/random/counter_random.h"
#include "pipeline/search/ranked.h"
#include "pipeline/search/reverse_communication.h"

#include <cstddef>
#include <utility>
#include <vector>

namespace lorasweep::evolution {

inline constexpr double first_mean = 1.0 / 60;  // in widths of the box, as all lengths here
inline constexpr double first_sigma = 1.0 / 30;
inline constexpr double least_sigma = 1e-12;  // keeps a search that has converged sampling distinct points
inline constexpr double greatest_sigma = 1;
inline constexpr double least_variance = 1e-20;  // relative to the greatest

/// w = 0 and, without waiting for it, the first generation; then whole generations of `population` points.
/// `Distribution`: has sample(random), and learn(generation, best first).
template <typename Distribution>
SearchAlgorithm evolve(Distribution distribution, std::size_t dimension, std::size_t population, CounterRandom random) {
  Generation points = {Weights(dimension, 0.0)};
  for (std::size_t i = 0; i < population; ++i) points.push_back(distribution.sample(random));
  std::vector<double> objectives = co_yield points;
  points.erase(points.begin());  // w = 0 is not a sample of the distribution
  objectives.erase(objectives.begin());
  while (true) {
    distribution.learn(ranked(points, objectives));
    for (Weights& point : points) point = distribution.sample(random);
    std::vector<double> told = co_yield points;  // assigned at once, GCC 12 takes the awaited for a function
    objectives = std::move(told);
  }
}

}  // namespace lorasweep::evolution
