// SPDX-License-Identifier: Apache-2.0
// How a process ends that has run out of memory, wherever that happens.
#pragma once

#include <string_view>

namespace lorasweep {

inline constexpr std::string_view lack_of_memory = "out of memory; use fewer workers per node, or a smaller library";

/// From here on a process that runs out of memory where nobody can report it (in a library that writes to what it was
/// refused, in a destructor, in a handler) says so and ends with ExitCode::internal instead of a signal. What was
/// acknowledged is on the disk by then. A crash for any other reason stays the crash that it is.
void end_in_order_without_memory();

}  // namespace lorasweep
