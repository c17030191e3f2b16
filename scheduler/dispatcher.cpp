// SPDX-License-Identifier: Apache-2.0
// Who stands how, what is out where, and what goes out next.
#include "scheduler/dispatcher.h"

#include <algorithm>
#include <optional>
#include <variant>

namespace lorasweep {

Dispatcher::Dispatcher(DispatchOptions options)
    : options_(options), costs_(options.leases), takers_(std::max<std::size_t>(options.units_per_worker, 1)) {}

void Dispatcher::on(TransportEvent event, TimePoint now) {
  if (auto* join = std::get_if<WorkerJoined>(&event)) return joined(*join, now);
  if (auto* report = std::get_if<WorkerReported>(&event)) return reported(std::move(*report), now);
  if (auto* gone = std::get_if<WorkerLost>(&event)) return lost(gone->worker, gone->reason);
  heard(std::get<WorkerBeat>(event).worker, now);
}

// --- workers -------------------------------------------------------------------------------------

void Dispatcher::stand(WorkerId id, Worker& worker, Standing standing) {
  if (counts(worker.standing)) --counted_;
  if (counts(standing)) ++counted_;
  if (worker.standing == Standing::silent) --silent_;
  if (standing == Standing::silent) ++silent_;
  worker.standing = standing;
  settle(id, worker);
}

// To be called after every change of a worker's queue or standing, so that assign() need not look at all workers.
void Dispatcher::settle(WorkerId id, Worker& worker) {
  const std::size_t takes_at =
      worker.standing == Standing::on_time && worker.queue.size() < takers_.size() ? worker.queue.size() : none;
  if (takes_at == worker.takes_at) return;
  if (worker.takes_at != none) takers_[worker.takes_at].erase(id);
  if (takes_at != none) takers_[takes_at].insert(id);
  worker.takes_at = takes_at;
}

bool Dispatcher::has_room() const {
  return std::ranges::any_of(takers_, [](const auto& takers) { return !takers.empty(); });
}

void Dispatcher::joined(const WorkerJoined& event, TimePoint now) {
  lost(event.worker, "the worker started anew");  // if it was here before, what it had is gone
  Worker& worker =
      workers_.emplace(event.worker, Worker{.capacity = event.capacity, .heard = now, .begun = now}).first->second;
  joined_ = true;
  ++counted_;
  settle(event.worker, worker);
}

void Dispatcher::heard(WorkerId id, TimePoint now) {
  const auto found = workers_.find(id);
  if (found == workers_.end()) return;
  Worker& worker = found->second;
  worker.heard = now;
  if (worker.standing != Standing::silent) return;
  // Its process or its node was stopped for a while: it goes on with what was taken back from it.
  worker.begun = now;
  stand(id, worker, worker.queue.empty() ? Standing::on_time : Standing::overdue);
  news_.push_back({id, WorkerNews::Kind::returned, ""});
}

void Dispatcher::lost(WorkerId id, const std::string& reason) {
  const auto found = workers_.find(id);
  if (found == workers_.end()) return;
  stand(id, found->second, Standing::silent);
  const Worker worker = std::move(found->second);
  workers_.erase(found);
  --silent_;
  news_.push_back({id, WorkerNews::Kind::lost, reason});
  if (reason == out_of_memory) {
    for (const Attempt& attempt : worker.queue)
      if (const auto out = units_.find(attempt.unit); out != units_.end() && is_out(out->second, attempt.number))
        wait_again(out->second);
    return;
  }
  take_back(id, worker, "worker " + std::to_string(id) + " was lost while it worked on it: " + reason);
}

std::vector<WorkerNow> Dispatcher::workers_now(TimePoint now) const {
  std::vector<WorkerNow> all;
  for (const auto& [id, worker] : workers_)
    all.push_back({.worker = id,
                   .standing = worker.standing,
                   .heard = now - worker.heard,
                   .at_unit = worker.queue.empty() ? std::chrono::nanoseconds(0) : now - worker.begun,
                   .units = worker.queue.size()});
  return all;
}

void Dispatcher::expire(TimePoint now) {
  for (auto& [id, worker] : workers_) {
    if (worker.standing != Standing::silent && now - worker.heard > options_.worker_lost_after) {
      stand(id, worker, Standing::silent);
      news_.push_back({id, WorkerNews::Kind::silent, ""});
      take_back(id, worker, "worker " + std::to_string(id) + " was not heard any more while it worked on it");
    }
    if (worker.queue.empty() || !counts(worker.standing)) continue;
    const auto lease = costs_.lease(worker.queue.front().cost);
    const auto spent = now - worker.begun;
    if (worker.standing == Standing::on_time && spent > lease) {
      stand(id, worker, Standing::overdue);
      news_.push_back({id, WorkerNews::Kind::overdue, ""});
      take_back(id, worker, "it took longer than its lease");
    } else if (worker.standing == Standing::overdue && spent > lease * options_.stuck) {
      stand(id, worker, Standing::stuck);
      news_.push_back({id, WorkerNews::Kind::stuck, ""});
    }
  }
}

// --- units ---------------------------------------------------------------------------------------

void Dispatcher::end_attempt(WorkerId id, UnitId unit, std::uint32_t number, TimePoint now) {
  const auto found = workers_.find(id);
  if (found == workers_.end()) return;
  Worker& worker = found->second;
  const auto attempt =
      std::ranges::find_if(worker.queue, [&](const Attempt& a) { return a.unit == unit && a.number == number; });
  if (attempt == worker.queue.end()) return;
  const bool first = attempt == worker.queue.begin();
  worker.queue.erase(attempt);
  if (first) {
    worker.begun = now;
    if (worker.standing != Standing::on_time) return stand(id, worker, Standing::on_time);
  }
  settle(id, worker);
}

void Dispatcher::reported(WorkerReported event, TimePoint now) {
  const Report& report = event.report;
  heard(event.worker, now);
  end_attempt(event.worker, report.unit, report.attempt, now);
  const auto found = units_.find(report.unit);
  if (found == units_.end()) {  // done by somebody else meanwhile, or given up
    ++duplicates_;
    return;
  }
  OutUnit& unit = found->second;
  if (const auto* failure = std::get_if<WorkFailure>(&report.outcome)) {
    if (is_out(unit, report.attempt)) failed(unit, event.worker, failure->reason.empty() ? "unknown" : failure->reason);
    return;
  }
  // Whichever attempt it is: the same work gives the same bits.
  costs_.learn(unit.unit.cost, report.seconds);
  if (unit.waiting) std::erase(again_, report.unit);
  units_.erase(found);
  completions_.push_back(std::move(event));
}

void Dispatcher::failed(OutUnit& unit, WorkerId worker, const std::string& reason) {
  ++unit.failures;
  unit.failed_on.insert(worker);
  const std::size_t needed = std::min(options_.failing_workers, std::max<std::size_t>(counted_, 1));
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

void Dispatcher::take_back(WorkerId id, const Worker& worker, const std::string& reason) {
  for (std::size_t i = 0; i < worker.queue.size(); ++i) {
    const auto out = units_.find(worker.queue[i].unit);
    if (out == units_.end() || !is_out(out->second, worker.queue[i].number)) continue;
    // The first one may have been the cause; the others did nothing.
    if (i == 0)
      failed(out->second, id, reason);
    else
      wait_again(out->second);
  }
}

bool Dispatcher::may_run_on(const OutUnit& unit, WorkerId id, const Worker& worker) const {
  // it still has an attempt that was taken back
  if (std::ranges::count(worker.queue, unit.unit.id, &Attempt::unit) > 0) return false;
  if (!unit.failed_on.contains(id)) return true;
  return std::ranges::all_of(workers_, [&](const auto& w) {  // nobody else is left
    return !counts(w.second.standing) || unit.failed_on.contains(w.first);
  });
}

Order Dispatcher::issue(OutUnit& unit, WorkerId id, Worker& worker, TimePoint now) {
  if (worker.queue.empty()) worker.begun = now;
  worker.queue.push_back({unit.unit.id, unit.attempts, unit.unit.cost});
  settle(id, worker);
  unit.waiting = false;
  return {unit.unit.id, unit.attempts++, unit.unit.work};
}

std::vector<std::pair<WorkerId, Order>> Dispatcher::assign(WorkSource& source, TimePoint now) {
  std::vector<std::pair<WorkerId, Order>> assignments;
  bool dry = false;  // the source had nothing
  for (const std::set<WorkerId>& takers : takers_)
    for (auto next = takers.begin(); next != takers.end() && !(dry && again_.empty());) {
      const WorkerId id = *next++;  // whoever gets a unit leaves this set
      Worker& worker = workers_.at(id);
      const auto returned =
          std::ranges::find_if(again_, [&](UnitId unit) { return may_run_on(units_.at(unit), id, worker); });
      if (returned != again_.end()) {
        OutUnit& unit = units_.at(*returned);
        again_.erase(returned);
        assignments.emplace_back(id, issue(unit, id, worker, now));
        continue;
      }
      if (dry) continue;
      std::optional<Unit> fresh = source.next(worker.capacity);
      if (!fresh) {
        dry = true;
        continue;
      }
      OutUnit& unit = units_[fresh->id];
      unit.unit = std::move(*fresh);
      assignments.emplace_back(id, issue(unit, id, worker, now));
    }
  return assignments;
}

}  // namespace lorasweep
