// SPDX-License-Identifier: Apache-2.0
// Where processes, engines and the scheduler meet: the composition root of a sweep.
#pragma once

#include "pipeline/run/sweep.h"
#include "pipeline/run/worker_setup.h"
#include "scheduler/dispatch_loop.h"
#include "scheduler/mpi/mpi_session.h"

#include <functional>

namespace lorasweep {

using StopRequested = std::function<bool()>;

/// What this process's own workers, or the other ranks, compute with. Collective in the second case (run_as_worker
/// answers).
ChosenDevice choose_device_of_this_process(DeviceRequest request);
ChosenDevice choose_device_of_workers(MpiSession& mpi, DeviceRequest request);

/// One worker per CUDA device that this process sees, or per so many of its cores.
int default_workers(DeviceKind kind, int threads);

/// Scheduler and workers in this process, default_workers() unless run.workers says otherwise.
LoopEnd run_in_this_process(Sweep& sweep, const StopRequested& stop);

/// Rank 0 of an MPI sweep: schedules over the other ranks.
LoopEnd run_as_scheduler(MpiSession& mpi, Sweep& sweep, const StopRequested& stop);
/// The other ranks: say what they have, receive model and adapters, serve until rank 0 has nothing more.
void run_as_worker(MpiSession& mpi);
/// Rank 0, instead of run_as_scheduler, where there is nothing for workers to do: they end quietly.
void dismiss_workers(MpiSession& mpi);

}  // namespace lorasweep
