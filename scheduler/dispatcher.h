// SPDX-License-Identifier: Apache-2.0
// The scheduler's rules as a state machine: events and time in, assignments and results out. No I/O, no clock of its own.
#pragma once

#include "scheduler/clock.h"
#include "scheduler/cost_model.h"
#include "scheduler/transport.h"
#include "scheduler/work_source.h"

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
  int units_per_worker = 2;                       ///< the one it runs and one behind it, so that it never waits for the scheduler
  std::chrono::nanoseconds silence = std::chrono::seconds(60);  ///< a worker that is not heard for so long is lost
  int failures = 3;                               ///< a unit that failed so often ...
  int failing_workers = 2;                        ///< ... on so many workers (or all there are) is given up
  CostModel::Options leases;
};

class Dispatcher {
 public:
  explicit Dispatcher(DispatchOptions options) : options_(options), costs_(options.leases) {}

  void on(TransportEvent event, TimePoint now);
  /// Takes back what is out for too long and declares silent workers lost.
  void expire(TimePoint now);
  /// Gives units to workers that have room: those that came back first, then new ones. A second unit only when every worker has a first.
  std::vector<std::pair<WorkerId, Dispatch>> assign(WorkSource& source, TimePoint now);

  /// Each unit appears once, as completed or as abandoned; late duplicates are dropped.
  std::vector<Completion> take_completions() { return std::exchange(completions_, {}); }
  std::vector<std::pair<UnitId, std::string>> take_abandoned() { return std::exchange(abandoned_, {}); }

  bool idle() const { return units_.empty(); }  ///< nothing is out or waiting to be issued again
  std::size_t workers() const { return workers_.size(); }
  std::uint64_t duplicates() const { return duplicates_; }
  std::uint64_t reissued() const { return reissued_; }

 private:
  struct Worker {
    WorkerCapacity capacity;
    std::deque<UnitId> queue;  ///< in the order it works them off
    TimePoint heard;
  };
  struct OutUnit {
    Unit unit;
    std::uint32_t attempts = 0;
    int failures = 0;
    std::set<WorkerId> failed_on;
    bool waiting = false;        ///< to be issued again
    WorkerId holder = 0;         ///< of the latest attempt
    TimePoint deadline;
    std::string last_reason;
  };

  void joined(const WorkerJoined& event, TimePoint now);
  void reported(UnitReported event, TimePoint now);
  void lost(WorkerId worker, const std::string& reason);
  void failed(OutUnit& unit, WorkerId worker, const std::string& reason);
  void wait_again(OutUnit& unit);
  void forget(UnitId unit, WorkerId worker);
  Dispatch issue(OutUnit& unit, WorkerId worker, TimePoint now);
  bool may_run_on(const OutUnit& unit, WorkerId worker) const;

  DispatchOptions options_;
  CostModel costs_;
  std::map<WorkerId, Worker> workers_;
  std::unordered_map<UnitId, OutUnit> units_;
  std::deque<UnitId> again_;
  std::vector<Completion> completions_;
  std::vector<std::pair<UnitId, std::string>> abandoned_;
  std::uint64_t duplicates_ = 0, reissued_ = 0;
};

}  // namespace lorasweep
