// SPDX-License-Identifier: Apache-2.0
// What all ranks do together at start-up: agree that they can go on, receive rank 0's bytes, tell it theirs.
// Collective: every rank calls it, in the same order, before the first MpiTransport or run_mpi_worker.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "scheduler/mpi/mpi_session.h"

namespace lorasweep {

/// True if every rank passed true. If not, the job ends here for all: return or throw; the session is then
/// finalized in step. Ask after every step that can fail on one rank only (reading the configuration,
/// loading), else the others wait for ever. Waits without burning a core.
bool agree(MpiSession& session, bool ok);

/// Rank 0's bytes, of any size, on every rank.
void broadcast_bytes(MpiSession& session, std::string& bytes);

/// Every rank's bytes, by rank, on rank 0; nothing on the others.
std::vector<std::string> gather_bytes(MpiSession& session, const std::string& own);

/// Rank 0's content into a region that has the same size everywhere; throws InternalError on all ranks if it
/// has not.
void broadcast_region(MpiSession& session, std::span<std::byte> region);

}  // namespace lorasweep
