// SPDX-License-Identifier: Apache-2.0
// What makes the factors of a composition out of rows of the adapter library.
#pragma once

#include "workers/ops/view.h"

#include <cstdint>
#include <span>
#include <vector>

namespace lorasweep {

class CompositionOps {
 public:
  virtual ~CompositionOps() = default;

  /// out[p] = sum_i weights[p][i] * library[rows[p][i]], summed in order i, each product and sum rounded to f32 as the
  /// reference does.
  virtual void combine(View out, View library, std::span<const std::vector<std::int32_t>> rows,
                       std::span<const std::vector<float>> weights) = 0;
  /// out = factor * in, element by element; both may be strided.
  virtual void scale_copy(View out, View in, float factor) = 0;
};

}  // namespace lorasweep
