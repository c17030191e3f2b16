// SPDX-License-Identifier: Apache-2.0
// The process of a worker rank: its main thread speaks with rank 0, its compute thread works.
#pragma once

#include <chrono>
#include <functional>

#include "scheduler/mpi/mpi_session.h"
#include "scheduler/waits.h"
#include "workers/work/channel.h"

namespace lorasweep {

struct MpiWorkerOptions {
  std::chrono::milliseconds beat_interval = waits::beat;  ///< signs of life, whatever the compute thread does
  /// after this long without a word from rank 0 the worker gives up
  std::chrono::milliseconds scheduler_lost_after = waits::scheduler_lost;
  std::chrono::milliseconds stop_grace = waits::stop_grace;  ///< for the unit at hand, once told to stop
};

/// Joins rank 0's MpiTransport and runs `body` on a thread of its own until rank 0 says that no more work
/// will come. An exception from `body` reaches rank 0 as WorkerLost with its text; this process then waits
/// for the end of the job. Returns when the job has ended; the session knows whether it may still be
/// finalized. Throws Error (interrupted) if rank 0 is gone. A body that does not return within `stop_grace`
/// takes the process with it (MpiSession::finish_without_peers).
void run_mpi_worker(MpiSession& session, WorkerCapacity capacity, const std::function<void(Channel&)>& body,
                    MpiWorkerOptions options = {});

}  // namespace lorasweep
