// SPDX-License-Identifier: Apache-2.0
// The scheduler's only loop: events in, results to the source, units out.
#pragma once

#include "scheduler/clock.h"
#include "scheduler/dispatcher.h"
#include "scheduler/transport.h"
#include "scheduler/waits.h"
#include "scheduler/work_source.h"

#include <chrono>
#include <functional>
#include <vector>

namespace lorasweep {

enum class LoopEnd {
  finished,    ///< the source has nothing more
  stopped,     ///< stop was requested; what had arrived was given to the source
  no_workers,  ///< nobody is left to work, and nobody came or came back within the times of LoopOptions
};

struct LoopOptions {
  DispatchOptions dispatch;
  std::chrono::nanoseconds poll = std::chrono::milliseconds(50);   ///< longest wait for an event
  std::chrono::nanoseconds no_workers_after = Waits{}.no_workers;  ///< how long to go on without one that works ...
  std::chrono::nanoseconds deserted_after = Waits{}.deserted;      ///< ... and when all that came are lost or silent
};

struct LoopCallbacks {
  std::function<bool()> stop_requested = [] { return false; };
  std::function<void()> on_tick = [] {};  ///< after every round
  std::function<void(const WorkerNews&)> on_news = [](const WorkerNews&) {};
  /// what the workers are at: in the first round, then once a second
  std::function<void(const std::vector<WorkerNow>&)> on_look = [](const std::vector<WorkerNow>&) {};
};

/// Runs until one of the ends, then closes the transport. Results that arrive together are given to source.complete()
/// together, so that one sync makes all of them durable. Time in which the loop could not listen, because the source
/// waited for a disk or this process was stopped, is nobody's silence and nobody's lease.
LoopEnd run_dispatch_loop(Transport& transport, WorkSource& source, const Clock& clock,
                          const LoopCallbacks& callbacks = {}, const LoopOptions& options = {});

}  // namespace lorasweep
