// SPDX-License-Identifier: Apache-2.0
// Attention kernels are compiled for a few widths of a head; others run in the next larger one, with zeros behind their
// own.
#pragma once

#include <stdexcept>
#include <string>
#include <type_traits>

namespace lorasweep {

/// use(std::integral_constant<int, W>) for the smallest of Widths (ascending) that holds `width`.
template <int... Widths, typename Use>
void with_head_width(int width, Use use) {
  const bool found = ((width <= Widths && (use(std::integral_constant<int, Widths>()), true)) || ...);
  if (!found)
    throw std::invalid_argument("attention heads of width " + std::to_string(width) +
                                " are too wide for the CUDA engine");
}

}  // namespace lorasweep
