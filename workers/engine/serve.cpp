// SPDX-License-Identifier: Apache-2.0
// One order is computed while the next one is prepared.
#include "workers/engine/serve.h"

#include "workers/ops.h"

#include <chrono>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>

namespace lorasweep {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Work that failed when it was started.
class Failed final : public Pending {
 public:
  explicit Failed(std::string reason) : reason_(std::move(reason)) {}
  bool ready() override { return true; }
  Outcome finish() override { return WorkFailure{reason_}; }

 private:
  std::string reason_;
};

// An order that is at work, and its report as far as it is known.
struct Begun {
  Report report;
  SteadyClock::time_point started;
  std::unique_ptr<Pending> pending;
};

Begun begin(Engine& engine, const Order& order) {
  Begun begun{{.unit = order.unit, .attempt = order.attempt, .seconds = 0, .outcome = {}}, SteadyClock::now(), nullptr};
  try {
    begun.pending = engine.start(order.work);
  } catch (const DeviceLost&) {
    throw;
  } catch (const std::bad_alloc&) {  // nothing of the work's: who has no memory for one piece is no worker
    throw;
  } catch (const std::exception& error) {
    begun.pending = std::make_unique<Failed>(error.what());
  }
  return begun;
}

void finish(Channel& channel, Begun begun) {
  try {
    begun.report.outcome = begun.pending->finish();
  } catch (const DeviceLost&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    begun.report.outcome = WorkFailure{error.what()};
  }
  begun.report.seconds = std::chrono::duration<double>(SteadyClock::now() - begun.started).count();
  channel.send(std::move(begun.report));
}

}  // namespace

void serve(Channel& channel, Engine& engine) {
  std::optional<Begun> running;
  for (;;) {
    const std::optional<Order> order = channel.receive(/*wait=*/!running);
    if (!order && !running) {
      if (channel.closed()) return;
      continue;
    }
    std::optional<Begun> next;
    if (order) next = begin(engine, *order);
    if (running) finish(channel, std::move(*running));
    running = std::move(next);
    if (running && running->pending->ready()) {  // nothing to overlap with
      finish(channel, std::move(*running));
      running.reset();
    }
  }
}

}  // namespace lorasweep
