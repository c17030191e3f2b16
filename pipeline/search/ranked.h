// SPDX-License-Identifier: Apache-2.0
// What evolution strategies learn from: not objectives, but their order.
#pragma once

#include "pipeline/search/reverse_communication.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <span>
#include <vector>

namespace lorasweep {

/// `points` by their objectives, the lowest first; equal ones in their order.
inline Generation ranked(const Generation& points, std::span<const double> objectives) {
  std::vector<std::size_t> order(points.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return objectives[i]; });
  Generation sorted;
  for (const std::size_t i : order) sorted.push_back(points[i]);
  return sorted;
}

}  // namespace lorasweep
