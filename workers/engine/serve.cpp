// SPDX-License-Identifier: Apache-2.0
#include "workers/engine/serve.h"

#include "workers/ops.h"

#include <chrono>
#include <exception>
#include <memory>
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

struct Order {
  std::uint64_t unit;
  std::uint32_t attempt;
  SteadyClock::time_point started;
  std::unique_ptr<Pending> pending;
};

Order begin(Engine& engine, const WorkOrder& order) {
  Order begun{order.unit, order.attempt, SteadyClock::now(), nullptr};
  try {
    begun.pending = engine.start(order.work);
  } catch (const DeviceLost&) {
    throw;
  } catch (const std::exception& error) {
    begun.pending = std::make_unique<Failed>(error.what());
  }
  return begun;
}

void finish(Channel& channel, Order order) {
  Outcome outcome;
  try {
    outcome = order.pending->finish();
  } catch (const DeviceLost&) {
    throw;
  } catch (const std::exception& error) {
    outcome = WorkFailure{error.what()};
  }
  const std::chrono::duration<double> spent = SteadyClock::now() - order.started;
  channel.send({order.unit, order.attempt, std::move(outcome), spent.count()});
}

}  // namespace

void serve(Channel& channel, Engine& engine) {
  std::optional<Order> running;
  for (;;) {
    const std::optional<WorkOrder> order = channel.receive(/*wait=*/!running);
    if (!order && !running) {
      if (channel.closed()) return;
      continue;
    }
    std::optional<Order> next;
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
