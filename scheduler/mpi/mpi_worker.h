// SPDX-License-Identifier: Apache-2.0
// The process of a worker rank: its main thread speaks with rank 0, its compute thread works.
#pragma once

#include "scheduler/mpi/mpi_session.h"
#include "workers/work/channel.h"

#include <functional>

namespace lorasweep {

/// Joins rank 0's MpiTransport and runs `body` on a thread of its own until rank 0 says that no more work will come. An
/// exception from `body` reaches rank 0 as WorkerLost with its text; this process then waits for the end of the job.
/// Returns when the job has ended; the session knows whether it may still be finalized. Throws Error (interrupted) if
/// rank 0 is lost. A body that does not return within Waits::stop_grace takes the process with it
/// (MpiSession::finish_without_peers).
void run_mpi_worker(MpiSession& session, WorkerCapacity capacity, const std::function<void(Channel&)>& body);

}  // namespace lorasweep
