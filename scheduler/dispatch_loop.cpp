// SPDX-License-Identifier: Apache-2.0
#include "scheduler/dispatch_loop.h"

#include "data/core/error.h"

#include <utility>

namespace lorasweep {

LoopEnd run_dispatch_loop(Transport& transport, WorkSource& source, const Clock& clock,
                          const std::function<bool()>& stop_requested, const LoopOptions& options,
                          const std::function<void()>& on_tick) {
  Dispatcher dispatcher(options.dispatch);
  TimePoint last_worker = clock.now();
  TimePoint last_expiry = last_worker;
  std::chrono::nanoseconds wait{0};
  for (;;) {
    for (TransportEvent& event : transport.poll(wait)) dispatcher.on(std::move(event), clock.now());
    const TimePoint now = clock.now();
    // leases are minutes long: looking at all of them every round would cost
    if (now - last_expiry >= std::chrono::milliseconds(100)) {
      dispatcher.expire(now);
      last_expiry = now;
    }
    if (auto completions = dispatcher.take_completions(); !completions.empty()) source.complete(std::move(completions));
    for (auto& [unit, reason] : dispatcher.take_abandoned()) source.abandon(unit, reason);
    on_tick();
    if (stop_requested()) {
      transport.close();
      return LoopEnd::stopped;
    }
    if (source.finished() && dispatcher.idle()) {
      transport.close();
      return LoopEnd::finished;
    }
    if (dispatcher.workers() > 0) last_worker = now;
    if (now - last_worker > options.no_workers_after) {
      transport.close();
      return LoopEnd::no_workers;
    }
    auto assignments = dispatcher.assign(source, now);
    if (assignments.empty() && dispatcher.has_room() && dispatcher.idle() && !source.finished())
      throw InternalError("the sweep is not finished, but it has nothing to do");
    for (auto& [worker, order] : assignments) transport.send(worker, std::move(order));
    wait = options.poll;
  }
}

}  // namespace lorasweep
