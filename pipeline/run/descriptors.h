// SPDX-License-Identifier: Apache-2.0
// Files that this process may hold open at once: `ulimit -n`.
#pragma once

#include <cstddef>

namespace lorasweep {

/// Raises the soft limit to the hard one: over TCP, MPI's rank 0 holds a connection to every worker. The usual soft
/// limit of 1024 is meant for programs that call select(), which nothing here does.
void raise_descriptor_limit();

/// StorageError naming the limit if the few files of a run cannot be opened beside what is open now: checked at the
/// start, because a failure at the end comes after all the work.
void require_descriptors();

}  // namespace lorasweep
