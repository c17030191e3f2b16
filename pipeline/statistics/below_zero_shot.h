// SPDX-License-Identifier: Apache-2.0
// How many searches did harm: ended below the base model without shots, and how far.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace lorasweep {

struct DeepestSearch {
  std::size_t task = 0, replicate = 0;
  double depth = 0;  ///< zero-shot accuracy minus the search's, > 0, in the unit given
};

struct BelowZeroShot {
  std::size_t below = 0;                 ///< accuracy less than zero-shot accuracy of the same task
  std::size_t compared = 0;              ///< searches with both accuracies known
  std::optional<DeepestSearch> deepest;  ///< the first of equals, by task and replicate; nothing if none is below
};

/// `accuracy` is row-major [task, replicate], `zero_shot` [task], in one unit; NaN is unknown and not compared, as in
/// the results file. An empty `zero_shot` is unknown for all. InternalError if the sizes do not fit.
BelowZeroShot searches_below_zero_shot(std::span<const double> accuracy, std::span<const double> zero_shot,
                                       std::size_t tasks, std::size_t replicates);

}  // namespace lorasweep
