// SPDX-License-Identifier: Apache-2.0
// The scheduler's rules as a state machine: events and time in, assignments and results out. No I/O, no clock of its
// own.
//
// A worker. Those on time and those overdue count as workers; only those on time are given units.
//
//                        overstays a lease             overstays `stuck` leases
//   joined ──▶ on time ───────────────────▶ overdue ──────────────────────────▶ stuck
//                 ▲                           │   ▲                               │
//                 ├── reports what it is at ──┘   │                               │
//                 ├── reports what it is at ──────┼───────────────────────────────┘
//                 │                               │
//                 │ heard, has nothing to do      │ heard, is still at something
//                 └──────────── silent ───────────┘
//                                 ▲ not heard for `worker_lost_after`
//                                 └──────────────────────────────────── any of them
//
//   Whoever turns overdue or silent has its units taken back. So has a worker that its transport reports as lost; it is
//   forgotten until it joins anew.
//
// A unit.
//
//                     issued          a result of any attempt
//   from the source ─────────▶ out ────────────────────────────▶ completed, once
//                              ▲ │                                   ▲
//                 issued again │ │ failed, or taken back             │
//                              │ ▼    a result of an old attempt     │
//                            waiting ────────────────────────────────┘
//                                │ failed `failures` times on `failing_workers` workers
//                                ▼
//                            abandoned
//
//   Taken back counts as failed only for the unit that the worker was at; those behind it in its queue did nothing.
#pragma once

#include "scheduler/clock.h"
#include "scheduler/cost_model.h"
#include "scheduler/transport.h"
#include "scheduler/waits.h"
#include "scheduler/work_source.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace lorasweep {

struct DispatchOptions {
  /// the one it runs and one behind it, so that it never waits for the scheduler
  std::size_t units_per_worker = 2;
  /// a worker that is not heard for so long has none of its units any more
  std::chrono::nanoseconds worker_lost_after = Waits{}.silent;
  /// a worker that is at one unit for so many leases is not counted on any more
  int stuck = 3;
  int failures = 3;                 ///< a unit that failed so often ...
  std::size_t failing_workers = 2;  ///< ... on so many workers (or all there are) is given up
  CostModel::Options leases;
};

/// What people want to know of a worker.
struct WorkerNews {
  enum class Kind { lost, silent, returned, overdue, stuck };
  WorkerId worker = 0;
  Kind kind = Kind::lost;
  std::string reason;  ///< of a loss, as the transport gave it
};

/// What a worker is at, for people.
struct WorkerNow {
  enum class Standing { on_time, overdue, stuck, silent };
  WorkerId worker = 0;
  Standing standing = Standing::on_time;
  std::chrono::nanoseconds heard{0};    ///< how long ago
  std::chrono::nanoseconds at_unit{0};  ///< how long it has been at the first unit of its queue
  std::size_t units = 0;                ///< in its queue, that one included
};

/// As people read it: "on time".
constexpr const char* name_of(WorkerNow::Standing standing) {
  switch (standing) {
    case WorkerNow::Standing::on_time: return "on time";
    case WorkerNow::Standing::overdue: return "overdue";
    case WorkerNow::Standing::stuck: return "stuck";
    case WorkerNow::Standing::silent: return "silent";
  }
  return "";
}

class Dispatcher {
 public:
  explicit Dispatcher(DispatchOptions options);

  void on(TransportEvent event, TimePoint now);
  /// Takes back what is out for too long and what silent workers hold. A lease runs from the moment when the unit is
  /// the first in its worker's queue; if it ends, the first unit counts as failed, and those behind it are only moved.
  void expire(TimePoint now);
  /// Gives units to workers that have room: those that came back first, then new ones. A second unit only when every
  /// worker has a first. Nothing to a worker that is silent or that has overstayed a lease, until it is heard, or
  /// reports, again.
  std::vector<std::pair<WorkerId, Order>> assign(WorkSource& source, TimePoint now);

  /// Each unit appears once, as completed or as abandoned; late duplicates are dropped.
  std::vector<WorkerReported> take_completions() { return std::exchange(completions_, {}); }
  std::vector<std::pair<UnitId, std::string>> take_abandoned() { return std::exchange(abandoned_, {}); }

  std::vector<WorkerNews> take_news() { return std::exchange(news_, {}); }

  bool idle() const { return units_.empty(); }      ///< nothing is out or waiting to be issued again
  std::size_t workers() const { return counted_; }  ///< that are not silent and not stuck
  /// Workers were there, and none of them is left or heard.
  bool deserted() const { return joined_ && silent_ == workers_.size(); }
  bool has_room() const;  ///< some worker could take a unit
  /// All that are not lost, by their numbers.
  std::vector<WorkerNow> workers_now(TimePoint now) const;
  std::uint64_t duplicates() const { return duplicates_; }
  std::uint64_t reissued() const { return reissued_; }

 private:
  using Standing = WorkerNow::Standing;
  struct Attempt {
    UnitId unit;
    std::uint32_t number;
    double cost;
  };
  struct Worker {
    WorkerCapacity capacity;
    TimePoint heard, begun;          ///< begun: when the first of the queue became the first
    std::deque<Attempt> queue = {};  ///< in the order it works them off; also what was taken back from it
    Standing standing = Standing::on_time;
    std::size_t takes_at = none;  ///< its place in takers_
  };
  struct OutUnit {
    Unit unit;
    std::uint32_t attempts = 0;
    int failures = 0;
    std::set<WorkerId> failed_on;
    bool waiting = false;  ///< to be issued again; otherwise its latest attempt is out
  };

  void joined(const WorkerJoined& event, TimePoint now);
  void heard(WorkerId id, TimePoint now);
  void reported(WorkerReported event, TimePoint now);
  void lost(WorkerId worker, const std::string& reason);
  void failed(OutUnit& unit, WorkerId worker, const std::string& reason);
  void wait_again(OutUnit& unit);
  void end_attempt(WorkerId worker, UnitId unit, std::uint32_t number, TimePoint now);
  void take_back(WorkerId id, const Worker& worker, const std::string& reason);
  void stand(WorkerId id, Worker& worker, Standing standing);
  void settle(WorkerId id, Worker& worker);
  Order issue(OutUnit& unit, WorkerId id, Worker& worker, TimePoint now);
  bool may_run_on(const OutUnit& unit, WorkerId id, const Worker& worker) const;

  static bool counts(Standing standing) { return standing == Standing::on_time || standing == Standing::overdue; }
  static bool is_out(const OutUnit& unit, std::uint32_t attempt) {
    return !unit.waiting && unit.attempts == attempt + 1;
  }
  static constexpr std::size_t none = ~std::size_t{0};

  DispatchOptions options_;
  CostModel costs_;
  std::map<WorkerId, Worker> workers_;
  std::size_t counted_ = 0, silent_ = 0;
  bool joined_ = false;                     ///< has any worker?
  std::vector<std::set<WorkerId>> takers_;  ///< by number of units in the queue: the workers that may get one more
  std::unordered_map<UnitId, OutUnit> units_;
  std::deque<UnitId> again_;
  std::vector<WorkerReported> completions_;
  std::vector<std::pair<UnitId, std::string>> abandoned_;
  std::vector<WorkerNews> news_;
  std::uint64_t duplicates_ = 0, reissued_ = 0;
};

}  // namespace lorasweep
