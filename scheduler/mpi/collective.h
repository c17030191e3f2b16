// SPDX-License-Identifier: Apache-2.0
// Collective operations over any communicator, as this room's other files need them. Not for other rooms.
#pragma once

#include "scheduler/mpi/mpi_call.h"
#include "scheduler/mpi/mpi_session.h"

#include <cstddef>
#include <span>

namespace lorasweep {

/// Waits until all ranks of the communicator have come. Burns no core, for that may take long: what MPI has for it
/// (MPI_Barrier) does. Throws Error (interrupted) if somebody is lost meanwhile (MpiSession::require_peers).
void meet(const MpiSession& session, MPI_Comm communicator);

/// Waits for a request, for which nobody has to be waited for any more: all have met, and bytes travel. Throws as
/// meet().
void finish(const MpiSession& session, MPI_Request& request);

/// The content of the communicator's rank 0 into everybody's region; in pieces, for MPI counts with int. Sizes must
/// agree.
void broadcast_in_pieces(const MpiSession& session, std::span<std::byte> region, MPI_Comm communicator);

}  // namespace lorasweep
