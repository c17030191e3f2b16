// SPDX-License-Identifier: Apache-2.0
// Events in the order of virtual time, and what they do to workers.
#include "scheduler/simulated_transport.h"

#include <algorithm>
#include <utility>

namespace lorasweep {

using std::chrono::nanoseconds;

SimulatedTransport::SimulatedTransport(SimulatedWorld world) : world_(std::move(world)), random_(world_.seed) {
  for (WorkerId id = 1; id <= world_.workers; ++id) later(delay(), [this, id] { join(id); });
}

void SimulatedTransport::later(nanoseconds after, std::function<void()> happen) {
  events_.push_back({now_ + after, made_++, std::move(happen)});
  std::ranges::push_heap(events_, std::greater<>());
}

nanoseconds SimulatedTransport::delay() {
  return world_.message_delay + nanoseconds(random_() % static_cast<std::uint64_t>(world_.message_delay.count() + 1));
}

bool SimulatedTransport::chance(double probability) {
  return probability > 0 && static_cast<double>(random_() >> 11) * 0x1p-53 < probability;
}

void SimulatedTransport::tell(TransportEvent event) {
  later(delay(), [this, event = std::move(event)]() mutable { inbox_.push_back(std::move(event)); });
}

void SimulatedTransport::join(WorkerId id) {
  Worker& worker = workers_[id];
  worker = {.alive = true, .working = false, .life = worker.life + 1, .queue = {}};
  tell(WorkerJoined{id, world_.capacity});
  beat(id);
}

void SimulatedTransport::beat(WorkerId id) {
  const std::uint64_t life = workers_[id].life;
  later(world_.beat, [this, id, life] {
    const Worker& worker = workers_[id];
    if (closed_ || !worker.alive || worker.life != life) return;
    tell(WorkerBeat{id});
    beat(id);
  });
}

void SimulatedTransport::send(WorkerId id, Order order) {
  later(delay(), [this, id, order = std::move(order)]() mutable {
    Worker& worker = workers_[id];
    if (!worker.alive) return;
    worker.queue.push_back(std::move(order));
    if (!worker.working) work(id);
  });
}

void SimulatedTransport::work(WorkerId id) {
  Worker& worker = workers_[id];
  if (worker.queue.empty()) return;
  worker.working = true;
  Order order = std::move(worker.queue.front());
  worker.queue.pop_front();
  nanoseconds took = world_.service(order.unit);
  if (chance(world_.faults.stalls)) took *= 100;
  const bool dies = chance(world_.faults.dies);
  const std::uint64_t life = worker.life;
  later(dies ? took / 2 : took, [this, id, life, order = std::move(order), took, dies] {
    if (workers_[id].life != life || !workers_[id].alive) return;
    if (dies)
      die(id);
    else
      finish(id, order, took);
  });
}

void SimulatedTransport::finish(WorkerId id, const Order& order, nanoseconds took) {
  busy_ += took;
  WorkerReported reported{id,
                          {.unit = order.unit,
                           .attempt = order.attempt,
                           .seconds = std::chrono::duration<double>(took).count(),
                           .outcome = {}}};
  if (chance(world_.faults.fails))
    reported.report.outcome = WorkFailure{"simulated failure"};
  else
    reported.report.outcome = world_.answer(order);
  if (chance(world_.faults.duplicates)) tell(reported);
  tell(std::move(reported));
  workers_[id].working = false;
  work(id);
}

void SimulatedTransport::die(WorkerId id) {
  workers_[id].alive = false;
  workers_[id].queue.clear();
  if (chance(world_.faults.reported)) tell(WorkerLost{id, "simulated death"});
  if (chance(world_.faults.returns)) later(std::chrono::minutes(1), [this, id] { join(id); });
}

std::vector<TransportEvent> SimulatedTransport::poll(nanoseconds timeout) {
  const nanoseconds until = now_ + timeout;
  // What has happened by now, then one event after the other until the scheduler hears of something.
  while (!events_.empty() && (events_.front().at <= now_ || (inbox_.empty() && events_.front().at <= until))) {
    std::ranges::pop_heap(events_, std::greater<>());
    const Event event = std::move(events_.back());
    events_.pop_back();
    now_ = std::max(now_, event.at);
    event.happen();
  }
  if (inbox_.empty()) now_ = std::max(now_, until);
  auto heard = std::exchange(inbox_, {});
  now_ += world_.scheduler_time * static_cast<std::int64_t>(heard.size());
  return heard;
}

}  // namespace lorasweep
