// SPDX-License-Identifier: Apache-2.0
// Reflect once, then clip.
#include "pipeline/search/search_box.h"

#include <algorithm>

namespace lorasweep {

Weights SearchBox::bounce(Weights weights) const {
  for (double& weight : weights) {
    const double side = std::clamp(weight, low, high);
    if (side != weight) weight = std::clamp(2 * side - weight, low, high);
  }
  return weights;
}

}  // namespace lorasweep
