// SPDX-License-Identifier: Apache-2.0
// Draws points, learns nothing.
#include "pipeline/search/random_search.h"

#include <algorithm>

namespace lorasweep {

SearchAlgorithm random_search(std::size_t dimension, SearchBox box, std::size_t wave, CounterRandom random) {
  const auto draw = [&] {
    Weights point(dimension);
    for (double& weight : point) weight = std::min(box.low + box.width() * random.uniform(), box.high);
    return point;
  };
  Generation points = {Weights(dimension, 0.0)};
  while (true) {
    while (points.size() < wave) points.push_back(draw());
    co_yield points;
    points.clear();
  }
}

}  // namespace lorasweep
