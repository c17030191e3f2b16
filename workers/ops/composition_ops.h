// SPDX-License-Identifier: Apache-2.0
// What makes the factors of a composition out of rows of the adapter library.
#pragma once

#include "workers/ops/view.h"

#include <cstdint>
#include <span>
#include <vector>

namespace lorasweep {

/// A rectangle of a stacked composition: `rows` x `cols` floats of a library row go to a member's row, times one of the
/// member's weights.
struct StackedPart {
  Index from = 0, to = 0;  ///< floats from the beginning of either row
  std::int32_t from_stride = 0, to_stride = 0;
  std::int32_t rows = 0, cols = 0;
  std::int32_t adapter = 0;  ///< row of the library
  std::int32_t weight = -1;  ///< which of the member's weights; -1: unchanged
};

class CompositionOps {
 public:
  virtual ~CompositionOps() = default;

  /// out[p] = sum_i weights[p][i] * library[rows[p][i]], summed in order i, each product and sum rounded to f32 as the
  /// reference does.
  virtual void combine(View out, View library, std::span<const std::vector<std::int32_t>> rows,
                       std::span<const std::vector<float>> weights) = 0;
  /// out[members[i]] gets all `parts` with weights[i]; what no part covers stays as it is. Parts do not overlap in
  /// `out`.
  virtual void stack(View out, View library, std::span<const StackedPart> parts, std::span<const std::int32_t> members,
                     std::span<const std::vector<float>> weights) = 0;
  /// out = factor * in, element by element; both may be strided.
  virtual void scale_copy(View out, View in, float factor) = 0;
};

}  // namespace lorasweep
