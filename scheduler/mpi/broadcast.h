// SPDX-License-Identifier: Apache-2.0
// What all ranks do together at start-up: ask whether all are well, receive rank 0's bytes, tell it theirs. The steps
// that call it, and in which order: start_steps.h.
//
// Collective: every rank calls it, in the same order, before the first MpiTransport or run_mpi_worker. Nobody waits
// here for the dead: Error (interrupted) if a rank is lost (MpiSession::require_peers).
#pragma once

#include "scheduler/mpi/mpi_session.h"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace lorasweep {

/// True on every rank if every rank passed true. Waits without burning a core.
bool all_of_ranks(const MpiSession& session, bool ok);

/// Rank 0's bytes, of any size, on every rank.
void broadcast_bytes(const MpiSession& session, std::string& bytes);

/// Every rank's bytes, by rank, on rank 0; nothing on the others.
std::vector<std::string> gather_bytes(const MpiSession& session, const std::string& own);

/// Rank 0's content into a region that has the same size everywhere; InternalError on all ranks if it has not.
void broadcast_region(const MpiSession& session, std::span<std::byte> region);

}  // namespace lorasweep
