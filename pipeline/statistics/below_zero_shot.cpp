// SPDX-License-Identifier: Apache-2.0
// Compares each search with the zero-shot accuracy of its task.
#include "pipeline/statistics/below_zero_shot.h"

#include "data/core/error.h"

#include <fmt/format.h>

#include <cmath>

namespace lorasweep {

BelowZeroShot searches_below_zero_shot(std::span<const double> accuracy, std::span<const double> zero_shot,
                                       std::size_t tasks, std::size_t replicates) {
  if (accuracy.size() != tasks * replicates || (!zero_shot.empty() && zero_shot.size() != tasks))
    throw InternalError(fmt::format("{} accuracies and {} zero-shot accuracies of {} tasks and {} replicates",
                                    accuracy.size(), zero_shot.size(), tasks, replicates));
  BelowZeroShot found;
  if (zero_shot.empty()) return found;
  for (std::size_t task = 0; task < tasks; ++task)
    for (std::size_t replicate = 0; replicate < replicates; ++replicate) {
      const double depth = zero_shot[task] - accuracy[task * replicates + replicate];
      if (std::isnan(depth)) continue;
      ++found.compared;
      if (!(depth > 0)) continue;
      ++found.below;
      if (!found.deepest || depth > found.deepest->depth)
        found.deepest = {.task = task, .replicate = replicate, .depth = depth};
    }
  return found;
}

}  // namespace lorasweep
