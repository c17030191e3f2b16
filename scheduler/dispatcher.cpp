// SPDX-License-Identifier: Apache-2.0
#include "scheduler/dispatcher.h"

#include <algorithm>
#include <optional>

namespace lorasweep {

void Dispatcher::on(TransportEvent event, TimePoint now) {
  if (auto* join = std::get_if<WorkerJoined>(&event)) return joined(*join, now);
  if (auto* report = std::get_if<UnitReported>(&event)) return reported(std::move(*report), now);
  if (auto* gone = std::get_if<WorkerLost>(&event)) return lost(gone->worker, gone->reason);
  const auto worker = workers_.find(std::get<WorkerBeat>(event).worker);
  if (worker != workers_.end()) worker->second.heard = now;
}

void Dispatcher::joined(const WorkerJoined& event, TimePoint now) {
  lost(event.worker, "the worker started anew");  // if it was here before, what it had is gone
  workers_[event.worker] = {event.capacity, {}, now};
}

void Dispatcher::forget(UnitId unit, WorkerId worker) {
  const auto found = workers_.find(worker);
  if (found != workers_.end()) std::erase(found->second.queue, unit);
}

void Dispatcher::reported(UnitReported event, TimePoint now) {
  const auto worker = workers_.find(event.worker);
  if (worker != workers_.end()) worker->second.heard = now;
  forget(event.unit, event.worker);
  const auto found = units_.find(event.unit);
  if (found == units_.end()) {  // done by somebody else meanwhile, or given up
    ++duplicates_;
    return;
  }
  OutUnit& unit = found->second;
  if (!event.failure.empty()) {
    const bool current = !unit.waiting && unit.holder == event.worker;
    if (current) failed(unit, event.worker, event.failure);
    return;
  }
  // Whichever attempt it is: the same work gives the same bits.
  costs_.learn(unit.unit.cost, event.seconds);
  if (unit.waiting) std::erase(again_, event.unit);
  completions_.push_back({event.unit, event.worker, event.attempt, event.seconds, std::move(event.payload)});
  units_.erase(found);
}

void Dispatcher::failed(OutUnit& unit, WorkerId worker, const std::string& reason) {
  ++unit.failures;
  unit.failed_on.insert(worker);
  unit.last_reason = reason;
  const auto needed = std::min(static_cast<std::size_t>(options_.failing_workers), std::max<std::size_t>(workers_.size(), 1));
  if (unit.failures >= options_.failures && unit.failed_on.size() >= needed) {
    abandoned_.emplace_back(unit.unit.id, reason);
    units_.erase(unit.unit.id);
  } else {
    wait_again(unit);
  }
}

void Dispatcher::wait_again(OutUnit& unit) {
  unit.waiting = true;
  again_.push_back(unit.unit.id);
  ++reissued_;
}

void Dispatcher::lost(WorkerId id, const std::string& reason) {
  const auto found = workers_.find(id);
  if (found == workers_.end()) return;
  const std::deque<UnitId> queue = std::move(found->second.queue);
  workers_.erase(found);
  for (std::size_t i = 0; i < queue.size(); ++i) {
    const auto out = units_.find(queue[i]);
    if (out == units_.end() || out->second.waiting || out->second.holder != id) continue;
    // The first one may have killed it; the others did nothing.
    if (i == 0)
      failed(out->second, id, "worker " + std::to_string(id) + " was lost while it worked on it: " + reason);
    else
      wait_again(out->second);
  }
}

void Dispatcher::expire(TimePoint now) {
  std::vector<WorkerId> silent;
  for (const auto& [id, worker] : workers_)
    if (now - worker.heard > options_.silence) silent.push_back(id);
  for (const WorkerId id : silent) lost(id, "it was not heard any more");
  std::vector<UnitId> late;
  for (const auto& [id, unit] : units_)
    if (!unit.waiting && now > unit.deadline) late.push_back(id);
  std::ranges::sort(late);  // the order must not depend on a hash table
  for (const UnitId id : late) {
    OutUnit& unit = units_.at(id);
    failed(unit, unit.holder, "it took longer than its lease");
  }
}

bool Dispatcher::may_run_on(const OutUnit& unit, WorkerId worker) const {
  const auto found = workers_.find(worker);
  if (std::ranges::count(found->second.queue, unit.unit.id) > 0) return false;  // it still has an attempt that was taken back
  if (!unit.failed_on.contains(worker)) return true;
  return std::ranges::all_of(workers_, [&](const auto& w) { return unit.failed_on.contains(w.first); });  // nobody else is left
}

Dispatch Dispatcher::issue(OutUnit& unit, WorkerId id, TimePoint now) {
  Worker& worker = workers_.at(id);
  worker.queue.push_back(unit.unit.id);
  unit.waiting = false;
  unit.holder = id;
  unit.deadline = now + costs_.lease(unit.unit.cost) * static_cast<std::int64_t>(worker.queue.size());
  return {unit.unit.id, unit.attempts++, unit.unit.payload};
}

std::vector<std::pair<WorkerId, Dispatch>> Dispatcher::assign(WorkSource& source, TimePoint now) {
  std::vector<std::pair<WorkerId, Dispatch>> assignments;
  bool dry = false;  // the source had nothing
  for (int level = 0; level < options_.units_per_worker; ++level)
    for (auto& [id, worker] : workers_) {
      if (worker.queue.size() > static_cast<std::size_t>(level)) continue;
      const auto returned = std::ranges::find_if(again_, [&, w = id](UnitId unit) { return may_run_on(units_.at(unit), w); });
      if (returned != again_.end()) {
        OutUnit& unit = units_.at(*returned);
        again_.erase(returned);
        assignments.emplace_back(id, issue(unit, id, now));
        continue;
      }
      if (dry) continue;
      std::optional<Unit> next = source.next(worker.capacity);
      if (!next) {
        dry = true;
        continue;
      }
      OutUnit& unit = units_[next->id];
      unit.unit = std::move(*next);
      assignments.emplace_back(id, issue(unit, id, now));
    }
  return assignments;
}

}  // namespace lorasweep
