// SPDX-License-Identifier: Apache-2.0
// How long who waits for whom. Every limit after which the scheduler or a worker counts on somebody no more stands
// here; the options that start from them are named beside. (How long a unit may take is not among them: leases follow
// what was measured, see cost_model.h.)
#pragma once

#include <chrono>

namespace lorasweep::waits {

// --- while the sweep runs --------------------------------------------------------------------------

/// Between two signs of life, from every worker to rank 0 and from rank 0 to every worker.
inline constexpr std::chrono::seconds beat{1};
/// A worker that is not heard for so long loses its units to others, until it is heard again
/// (DispatchOptions::worker_lost_after).
inline constexpr std::chrono::seconds worker_lost{60};
/// The sweep stops when it had no worker at all for so long (LoopOptions::no_workers_after).
inline constexpr std::chrono::seconds no_workers{120};
/// A worker gives up, and its process ends, when it heard nothing from rank 0 for so long: more than rank 0 may spend
/// on a file system that hangs (MpiWorkerOptions::scheduler_lost_after).
inline constexpr std::chrono::seconds scheduler_lost{300};

// --- at the end, in the order in which they pass; scheduler/mpi/mpi_session.h draws it ---------------

/// What a worker that is told to stop gets for the unit at hand (MpiWorkerOptions::stop_grace).
inline constexpr std::chrono::seconds stop_grace{5};
/// Rank 0 awaits no goodbye of a worker that it has not heard for so long (MpiTransportOptions::not_awaited_after).
inline constexpr std::chrono::seconds not_awaited{5};
/// Rank 0 awaits nobody's goodbye for longer (MpiTransportOptions::goodbyes).
inline constexpr std::chrono::seconds goodbyes{10};
/// Rank 0's farewell, a few bytes to ranks that wait for them, gets so long to be taken.
inline constexpr std::chrono::seconds farewell_taken{2};
/// A worker that was told to stop gives up when it heard nothing from rank 0 for so long: rank 0 beats until its
/// farewell.
inline constexpr std::chrono::seconds farewell_awaited{15};

static_assert(10 * beat <= worker_lost, "a few beats may be late");
static_assert(stop_grace < goodbyes, "who uses the whole grace can still say goodbye");
static_assert(goodbyes + farewell_taken < farewell_awaited, "rank 0 says farewell before anybody stops waiting for it");

}  // namespace lorasweep::waits
