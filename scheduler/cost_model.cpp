// SPDX-License-Identifier: Apache-2.0
// The slowest rate seen lately, and the lease that follows from it.
#include "scheduler/cost_model.h"

#include <algorithm>
#include <cmath>

namespace lorasweep {

void CostModel::learn(double cost, double seconds) {
  if (!(cost > 0) || !(seconds >= 0) || !std::isfinite(seconds / cost)) return;  // infinity would never be forgotten
  constexpr double forgetting = 0.99;
  seconds_per_cost_ = std::max(seconds / cost, seconds_per_cost_ * forgetting);
}

std::chrono::nanoseconds CostModel::lease(double cost) const {
  const double seconds = seconds_per_cost_ == 0
                             ? options_.first_lease.count()
                             : std::max(options_.shortest_lease.count(), options_.patience * seconds_per_cost_ * cost);
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(std::min(seconds, 1e8)));
}

}  // namespace lorasweep
