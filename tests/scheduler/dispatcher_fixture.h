// SPDX-License-Identifier: Apache-2.0
// A dispatcher, a source and a clock in the hands of a test: what workers say, and what is sent to them.
#pragma once

#include "scheduler/dispatcher.h"
#include "tests/scheduler/list_source.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <utility>
#include <vector>

namespace lorasweep {

/// What left: worker, unit, attempt.
struct Sent {
  WorkerId worker;
  UnitId unit;
  std::uint32_t attempt;
  bool operator==(const Sent&) const = default;
};
inline std::ostream& operator<<(std::ostream& out, const Sent& s) {
  return out << "{worker " << s.worker << ", unit " << s.unit << ", attempt " << s.attempt << "}";
}

class DispatcherTest : public testing::Test {
 protected:
  static DispatchOptions options() {
    using namespace std::chrono_literals;
    return {.worker_lost_after = 60s, .leases = {.shortest_lease = 100s, .first_lease = 1000s, .patience = 10}};
  }

  void join(WorkerId worker) { dispatcher_.on(WorkerJoined{worker, {}}, now_); }
  void lose(WorkerId worker) { dispatcher_.on(WorkerLost{worker, "its node went away"}, now_); }
  void beat(std::vector<WorkerId> workers) {
    for (const WorkerId worker : workers) dispatcher_.on(WorkerBeat{worker}, now_);
  }
  void done(const Sent& s, double seconds = 1) {
    dispatcher_.on(WorkerReported{s.worker, {s.unit, s.attempt, seconds, EvaluateResult{}}}, now_);
  }
  void fail(const Sent& s) {
    dispatcher_.on(WorkerReported{s.worker, {s.unit, s.attempt, 1, WorkFailure{"no memory"}}}, now_);
  }
  std::vector<Sent> assign() {
    std::vector<Sent> sent;
    for (const auto& [worker, order] : dispatcher_.assign(source_, now_)) {
      EXPECT_EQ(order.work, list_work(order.unit)) << "every attempt carries the work";
      sent.push_back({worker, order.unit, order.attempt});
    }
    return sent;
  }
  /// Time passes in which these workers beat.
  void pass(std::chrono::seconds time, std::vector<WorkerId> alive) {
    for (const TimePoint end = now_ + time; now_ < end;) {
      now_ += std::min<std::chrono::nanoseconds>(std::chrono::seconds(10), end - now_);
      beat(alive);
      dispatcher_.expire(now_);
    }
  }
  using Kind = WorkerNews::Kind;
  using News = std::pair<WorkerId, Kind>;
  std::vector<News> news() {
    std::vector<News> all;
    for (const WorkerNews& one : dispatcher_.take_news()) all.emplace_back(one.worker, one.kind);
    return all;
  }
  std::vector<UnitId> completed() {
    std::vector<UnitId> units;
    for (const WorkerReported& result : dispatcher_.take_completions()) units.push_back(result.report.unit);
    return units;
  }

  ListSource source_{100};
  Dispatcher dispatcher_{options()};
  TimePoint now_;
};

}  // namespace lorasweep
