// SPDX-License-Identifier: Apache-2.0
// Reflect once, then clip.
#include "pipeline/search/search_box.h"

#include <algorithm>

namespace lorasweep {

double SearchBox::whole() const { return high > 0 ? std::min(high, 1.0) : std::max(low, -1.0); }

Weights SearchBox::bounce(Weights weights) const {
  for (double& weight : weights) {
    const double side = std::clamp(weight, low, high);
    if (side != weight) weight = std::clamp(2 * side - weight, low, high);
  }
  return weights;
}

}  // namespace lorasweep
