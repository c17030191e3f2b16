// SPDX-License-Identifier: Apache-2.0
// Whether this process can still get memory.
#pragma once

#include <cstddef>

namespace lorasweep {

/// Whether `bytes` more bytes can be allocated now: under `ulimit -v`, and where the kernel promises no more memory
/// than it has. For callers of libraries that do not check whether an allocation succeeded. Allocates nothing, may be
/// called from a signal handler.
bool has_memory(std::size_t bytes);

/// Throws std::bad_alloc unless has_memory().
void require_memory(std::size_t bytes);

}  // namespace lorasweep
