// SPDX-License-Identifier: Apache-2.0
// What this process may still have of its memory.
#pragma once

#include <cstddef>

namespace lorasweep {

/// Whether so many bytes more can be had now: under `ulimit -v`, and where the kernel lends no more than there is. For
/// those who call libraries that do not look whether they got what they asked for. Allocates nothing, may be called
/// from a signal handler.
bool has_memory(std::size_t bytes);

/// Throws std::bad_alloc if not.
void require_memory(std::size_t bytes);

}  // namespace lorasweep
