// SPDX-License-Identifier: Apache-2.0
// Collective operations over any communicator, as this room's other files need them. Not for other rooms.
#pragma once

#include <cstddef>
#include <span>

#include "scheduler/mpi/mpi_call.h"

namespace lorasweep {

/// Waits until all ranks have come, without burning a core: blocking collectives spin, so let a long wait end
/// here first.
void meet(MPI_Comm communicator);

/// The content of the communicator's rank 0 into everybody's region; in pieces, for MPI counts with int.
/// Sizes must agree.
void broadcast_in_pieces(std::span<std::byte> region, MPI_Comm communicator);

}  // namespace lorasweep
