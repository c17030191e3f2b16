// SPDX-License-Identifier: Apache-2.0
// The scheduler's only view of its workers: orders go out, events come in.
#pragma once

#include "scheduler/work_source.h"

#include <chrono>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace lorasweep {

/// A worker is ready for work.
struct WorkerJoined {
  WorkerId worker = 0;
  WorkerCapacity capacity;
};
/// A worker is alive, whatever its compute thread does.
struct WorkerBeat {
  WorkerId worker = 0;
};
/// The transport knows that a worker is gone (its thread ended, a send to it failed). Silence is judged by the
/// scheduler, not here.
struct WorkerLost {
  WorkerId worker = 0;
  std::string reason;
};
/// The reason of a worker that ended for lack of memory, which is no fault of its unit's. So short that to say it takes
/// none.
inline constexpr std::string_view out_of_memory = "out of memory";

using TransportEvent = std::variant<WorkerJoined, WorkerReported, WorkerBeat, WorkerLost>;

/// Implemented over threads (local_transport.h), MPI (mpi/mpi_transport.h) and a simulated world
/// (simulated_transport.h). Used from one thread.
class Transport {
 public:
  virtual ~Transport() = default;

  /// Never blocks and never throws for a worker that is gone; that worker's loss is an event.
  virtual void send(WorkerId worker, Order order) = 0;
  /// All events that are there; waits up to `timeout` for the first, without burning a core.
  virtual std::vector<TransportEvent> poll(std::chrono::nanoseconds timeout) = 0;
  /// The caller is about to wait for a disk, and may not come back for as long as that takes.
  virtual void await_disk() {}
  virtual void back_from_disk() {}
  /// Tells every worker that no more work will come, and waits (bounded) until they have gone. Idempotent.
  virtual void close() = 0;
};

}  // namespace lorasweep
