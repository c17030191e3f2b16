// SPDX-License-Identifier: Apache-2.0
// Where the factors of a bypass lie: the CPU's memory is the host's.
#pragma once

#include "workers/ops/network_ops.h"

namespace lorasweep {

/// a or b of a segment: as it says, or in the row of the library that was chosen.
inline const float* chosen_factor(const LoraBlock& block, const LoraSegment& segment, View factor) {
  return segment.chosen == nullptr ? factor.f32() : factor.f32() + segment.chosen->row * block.row_stride;
}

}  // namespace lorasweep
