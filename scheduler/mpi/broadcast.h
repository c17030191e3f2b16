// SPDX-License-Identifier: Apache-2.0
// What all ranks do together at start-up: ask whether all are well, receive rank 0's bytes, tell it theirs. The steps
// that call it, and in which order: start_steps.h.
// Collective: every rank calls it, in the same order, before the first MpiTransport or run_mpi_worker.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "scheduler/mpi/mpi_session.h"

namespace lorasweep {

/// True on every rank if every rank passed true. Waits without burning a core.
bool all_of_ranks(MpiSession& session, bool ok);

/// Rank 0's bytes, of any size, on every rank.
void broadcast_bytes(MpiSession& session, std::string& bytes);

/// Every rank's bytes, by rank, on rank 0; nothing on the others.
std::vector<std::string> gather_bytes(MpiSession& session, const std::string& own);

/// Rank 0's content into a region that has the same size everywhere; throws InternalError on all ranks if it
/// has not.
void broadcast_region(MpiSession& session, std::span<std::byte> region);

}  // namespace lorasweep
