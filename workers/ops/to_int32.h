// SPDX-License-Identifier: Apache-2.0
// The border between what counts in 64 bits and what counts in 32: kernels, libraries, messages.
#pragma once

#include "workers/ops/index.h"

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

namespace lorasweep {

/// The same number in 32 bits; std::length_error if it is too large.
inline std::int32_t to_int32(Index value) {
  if (!std::in_range<std::int32_t>(value))
    throw std::length_error(std::to_string(value) + " is too large for a number of 32 bits");
  return static_cast<std::int32_t>(value);
}

}  // namespace lorasweep
