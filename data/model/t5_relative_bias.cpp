// SPDX-License-Identifier: Apache-2.0
// Computes buckets in f32, in the order of operations of the reference.
#include "data/model/t5_relative_bias.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace lorasweep {

int relative_bucket(int distance, int buckets, int max_distance, Direction direction) {
  int base = 0, n = -distance;
  if (direction == Direction::bidirectional) {
    buckets /= 2;
    if (distance > 0) base = buckets;
    n = std::abs(distance);
  }
  n = std::max(n, 0);
  const int exact = buckets / 2;
  if (n < exact) return base + n;
  const float position = std::log(static_cast<float>(n) / static_cast<float>(exact)) /
                         static_cast<float>(std::log(static_cast<double>(max_distance) / exact)) *
                         static_cast<float>(buckets - exact);
  return base + std::min(exact + static_cast<int>(position), buckets - 1);
}

std::vector<float> unroll_relative_bias(const Tensor& learned, int reach, int max_distance, Direction direction) {
  const auto buckets = static_cast<int>(learned.shape[0]);
  const std::size_t heads = learned.shape[1];
  const int width = 2 * reach + 1;
  std::vector<float> values(heads * width);
  for (int distance = -reach; distance <= reach; ++distance) {
    const int bucket = relative_bucket(distance, buckets, max_distance, direction);
    for (std::size_t h = 0; h < heads; ++h) values[h * width + distance + reach] = learned.values[bucket * heads + h];
  }
  return values;
}

}  // namespace lorasweep
