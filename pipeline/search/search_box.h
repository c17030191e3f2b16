// SPDX-License-Identifier: Apache-2.0
// The box of allowed weights: nevergrad's way of bringing a point that left it back inside.
#pragma once

#include "pipeline/search/optimizer.h"

namespace lorasweep {

/// [low, high] for every weight; it must contain 0, where every search starts.
struct SearchBox {
  double low = -1.5;
  double high = 1.5;

  double width() const { return high - low; }
  /// What an adapter weighs that is there as a whole: 1, or as much of it as the box allows; where nothing above 0 is
  /// allowed, the same below.
  double whole() const;
  /// `weights` with each value outside the box reflected once at the side it crossed, then clipped.
  Weights bounce(Weights weights) const;
};

}  // namespace lorasweep
