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

namespace lorasweep {

enum class LoopEnd {
  finished,    ///< the source has nothing more
  stopped,     ///< stop was requested; what had arrived was given to the source
  no_workers,  ///< nobody is left to work, and nobody came for LoopOptions::no_workers_after
};

struct LoopOptions {
  DispatchOptions dispatch;
  std::chrono::nanoseconds poll = std::chrono::milliseconds(50);  ///< longest wait for an event
  std::chrono::nanoseconds no_workers_after = waits::no_workers;  ///< how long to go on without a single worker
};

/// Runs until one of the ends, then closes the transport. `on_tick` is called after every round. Results that arrive
/// together are given to source.complete() together, so that one sync makes all of them durable.
LoopEnd run_dispatch_loop(Transport& transport, WorkSource& source, const Clock& clock,
                          const std::function<bool()>& stop_requested, const LoopOptions& options,
                          const std::function<void()>& on_tick);

}  // namespace lorasweep
