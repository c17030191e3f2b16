// SPDX-License-Identifier: Apache-2.0
// Where processes, engines and the scheduler meet: the composition root of a sweep.
#pragma once

#include "pipeline/collect/library_in_memory.h"
#include "pipeline/run/sweep.h"
#include "scheduler/dispatch_loop.h"
#include "scheduler/mpi/mpi_session.h"

#include <functional>
#include <memory>

namespace lorasweep {

using StopRequested = std::function<bool()>;

/// What this process's own workers compute with.
ChosenDevice choose_device_of_this_process(DeviceRequest request);
/// The same with its check value, which all of them agree in (check_values.h).
ChosenDevice choose_checked_device_of_this_process(DeviceRequest request, Element activation, Composition composition);

/// One worker per CUDA device that this process sees, or per `threads` of its cores.
int default_workers(DeviceKind kind, int threads);

/// How a sweep was left, and the library that its workers drew from, from which results are composed.
struct SessionEnd {
  LoopEnd reason = LoopEnd::finished;
  LibraryInMemory library;
};

/// Scheduler and workers in this process, default_workers() unless run.workers says otherwise. InputError as run().
SessionEnd run_in_this_process(Sweep& sweep, const StopRequested& stop);

/// Rank 0 of an MPI sweep: leads the start (start/steps.h), then schedules over the other ranks. Where it ends before
/// run(), the workers are dismissed and end quietly: there is nothing for them to do, or an exception says why.
class SchedulerSession {
 public:
  explicit SchedulerSession(MpiSession& mpi);
  ~SchedulerSession();

  /// What the workers compute with, and whether they and this process are alike: the start's first steps. ConfigError
  /// naming the rank that runs another program, or computes or packs otherwise.
  ChosenDevice choose_device(DeviceRequest request, Element activation, Composition composition);
  /// The rest of the start, and the sweep. InputError if a worker gets other bits than the run that is continued has.
  /// The library exists as long as this object, and the workers wait as long.
  SessionEnd run(Sweep& sweep, const StopRequested& stop);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The other ranks: follow the start, serve until rank 0 has nothing more.
void run_as_worker(MpiSession& mpi);

}  // namespace lorasweep
