// SPDX-License-Identifier: Apache-2.0
// Sorts the p-values and adjusts them from the smallest to the greatest.
#include "pipeline/statistics/holm.h"

#include "data/core/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace lorasweep {

std::vector<double> holm_adjusted(std::span<const double> p) {
  for (const double value : p)
    if (!(value >= 0 && value <= 1)) throw InternalError(fmt::format("a p-value of {}", value));
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return p[i]; });
  std::vector<double> adjusted(p.size());
  double greatest = 0;
  for (std::size_t done = 0; done < order.size(); ++done) {
    greatest = std::max(greatest, p[order[done]] * static_cast<double>(order.size() - done));
    adjusted[order[done]] = std::min(1.0, greatest);
  }
  return adjusted;
}

}  // namespace lorasweep
