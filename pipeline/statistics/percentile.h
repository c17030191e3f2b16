// SPDX-License-Identifier: Apache-2.0
// Percentiles of a sample.
#pragma once

#include <optional>
#include <vector>

namespace lorasweep {

/// From `low` to `high`, both included, in the unit of what it was made of.
struct Interval {
  double low = 0, high = 0;
};

/// numpy.percentile(values, percent) with method "linear", to the bit (Hyndman & Fan 1996, definition 7): position
/// percent / 100 * (n - 1) in the sorted values, linear between neighbours. Nothing if there are no values.
/// InternalError for a NaN, or a percent outside of [0, 100].
std::optional<double> percentile(std::vector<double> values, double percent);

/// The middle `share` per cent of the values: percentiles (100 - share) / 2 and 100 minus that, for a share in
/// (0, 100). Of bootstrapped statistics this is the percentile interval (Efron & Tibshirani 1993, chapter 13).
std::optional<Interval> middle_interval(std::vector<double> values, double share);

}  // namespace lorasweep
