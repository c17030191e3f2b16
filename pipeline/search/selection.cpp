// SPDX-License-Identifier: Apache-2.0
// Orders losses.
#include "pipeline/search/selection.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace lorasweep {

std::vector<std::int32_t> lowest_losses(std::span<const double> losses, std::size_t count) {
  std::vector<std::int32_t> places(losses.size());
  std::iota(places.begin(), places.end(), 0);
  std::ranges::stable_sort(places, [&](std::int32_t a, std::int32_t b) {
    if (!std::isfinite(losses[a]) || !std::isfinite(losses[b]))
      return std::isfinite(losses[a]) > std::isfinite(losses[b]);
    return losses[a] < losses[b];
  });
  places.resize(std::min(count, places.size()));
  return places;
}

std::optional<std::int32_t> lowest_loss(std::span<const double> losses) {
  const std::vector<std::int32_t> first = lowest_losses(losses, 1);
  if (first.empty() || !std::isfinite(losses[first.front()])) return std::nullopt;
  return first.front();
}

}  // namespace lorasweep
