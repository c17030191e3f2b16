// SPDX-License-Identifier: Apache-2.0
// The one type of sizes, places and distances in matrices.
#pragma once

#include <cstdint>

namespace lorasweep {

/// Rows, columns, strides, positions, and how many of something. Signed, because differences are numbers, too; it is
/// the type that std::ssize returns. What counts in 32 bits (kernels, libraries, messages) gets it by to_int32().
using Index = std::int64_t;

}  // namespace lorasweep
