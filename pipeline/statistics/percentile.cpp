// SPDX-License-Identifier: Apache-2.0
// Percentiles by linear interpolation, rounded as numpy rounds them.
#include "pipeline/statistics/percentile.h"

#include "data/core/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace lorasweep {
namespace {

void require_numbers(const std::vector<double>& values) {
  if (std::ranges::any_of(values, [](double value) { return std::isnan(value); }))
    throw InternalError("percentiles of something that is not a number");
}

// numpy interpolates from the nearer neighbour, so that the end points come out exactly.
double between(double low, double high, double part) {
  const double distance = high - low;
  return part < 0.5 ? low + distance * part : high - distance * (1 - part);
}

double percentile_of_sorted(const std::vector<double>& sorted, double percent) {
  const double position = percent / 100 * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(std::floor(position));
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  if (sorted[below] == sorted[above]) return sorted[below];  // two infinities have no distance
  return between(sorted[below], sorted[above], position - std::floor(position));
}

}  // namespace

std::optional<double> percentile(std::vector<double> values, double percent) {
  if (!(percent >= 0 && percent <= 100)) throw InternalError(fmt::format("percentile {}", percent));
  require_numbers(values);
  if (values.empty()) return std::nullopt;
  std::ranges::sort(values);
  return percentile_of_sorted(values, percent);
}

std::optional<Interval> middle_interval(std::vector<double> values, double share) {
  if (!(share > 0 && share < 100)) throw InternalError(fmt::format("an interval of {} %", share));
  require_numbers(values);
  if (values.empty()) return std::nullopt;
  std::ranges::sort(values);
  const double outside = (100 - share) / 2;
  return Interval{.low = percentile_of_sorted(values, outside), .high = percentile_of_sorted(values, 100 - outside)};
}

}  // namespace lorasweep
