// SPDX-License-Identifier: Apache-2.0
// How the loop ends, and what it gives to the source together. Time is virtual.
#include "scheduler/dispatch_loop.h"

#include "data/core/error.h"
#include "scheduler/simulated_transport.h"
#include "tests/scheduler/list_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

/// Hears what the test wrote down, round by round; a second passes in each.
class ScriptedTransport final : public Transport, public Clock {
 public:
  explicit ScriptedTransport(std::deque<std::vector<TransportEvent>> rounds) : rounds_(std::move(rounds)) {}

  void pass(std::chrono::nanoseconds time) { now_ += time; }
  void await_disk() override { at_disk = true; }
  void back_from_disk() override { at_disk = false; }
  void send(WorkerId worker, Order order) override { sent.emplace_back(worker, order.unit); }
  std::vector<TransportEvent> poll(std::chrono::nanoseconds) override {
    now_ += 1s;
    if (rounds_.empty()) return {};
    auto events = std::move(rounds_.front());
    rounds_.pop_front();
    return events;
  }
  void close() override { ++closed; }
  TimePoint now() const override { return now_; }

  std::vector<std::pair<WorkerId, UnitId>> sent;
  int closed = 0;
  bool at_disk = false;

 private:
  std::deque<std::vector<TransportEvent>> rounds_;
  TimePoint now_{};
};

WorkerReported done(WorkerId worker, UnitId unit) {
  return {.worker = worker, .report = {.unit = unit, .attempt = 0, .seconds = 1, .outcome = EvaluateResult{}}};
}

TEST(DispatchLoop, EndsWhenTheSourceHasFinished) {
  SimulatedTransport transport({.workers = 3});
  ListSource source(50);
  int ticks = 0;
  const LoopEnd end = run_dispatch_loop(transport, source, transport.clock(), {.on_tick = [&] { ++ticks; }});
  EXPECT_EQ(end, LoopEnd::finished);
  EXPECT_TRUE(source.each_unit_ended_once());
  EXPECT_EQ(source.completed.size(), 50u);
  EXPECT_GT(ticks, 0);
}

TEST(DispatchLoop, SaysOnceASecondWhatEveryWorkerIsAt) {
  ScriptedTransport transport({{WorkerJoined{1, {}}, WorkerJoined{2, {}}}, {done(1, 1)}, {}});
  ListSource source(3);
  std::vector<std::vector<WorkerNow>> looks;
  run_dispatch_loop(transport, source, transport,
                    {.on_look = [&](const std::vector<WorkerNow>& workers) { looks.push_back(workers); }},
                    {.no_workers_after = 1s});
  ASSERT_FALSE(looks.empty());
  ASSERT_EQ(looks.front().size(), 2u);
  EXPECT_EQ(looks.front()[0].worker, 1);
  EXPECT_EQ(looks.front()[1].standing, WorkerNow::Standing::on_time);
}

TEST(DispatchLoop, EndsAtOnceWhenThereIsNothingToDo) {
  SimulatedTransport transport({.workers = 1});
  ListSource source(0);
  EXPECT_EQ(run_dispatch_loop(transport, source, transport.clock()), LoopEnd::finished);
  EXPECT_EQ(transport.elapsed(), 0s);
}

TEST(DispatchLoop, ClosesTheTransportAtEveryEnd) {
  ListSource none(0), some(3), others(3);
  ScriptedTransport finished({}), stopped({}), deserted({});
  run_dispatch_loop(finished, none, finished);
  run_dispatch_loop(stopped, some, stopped, {.stop_requested = [] { return true; }});
  run_dispatch_loop(deserted, others, deserted, {}, {.no_workers_after = 5s});
  EXPECT_EQ(finished.closed, 1);
  EXPECT_EQ(stopped.closed, 1);
  EXPECT_EQ(deserted.closed, 1);
}

TEST(DispatchLoop, GivesWhatArrivedToTheSourceBeforeItStops) {
  bool stop = false;
  ScriptedTransport transport({{WorkerJoined{1, {}}}, {done(1, 1), done(1, 2)}, {done(1, 3)}});
  ListSource source(10);
  int round = 0;
  const LoopEnd end = run_dispatch_loop(
      transport, source, transport, {.stop_requested = [&] { return stop; }, .on_tick = [&] { stop = ++round == 2; }});
  EXPECT_EQ(end, LoopEnd::stopped);
  EXPECT_THAT(source.rounds, ElementsAre(2));
  EXPECT_EQ(transport.sent.size(), 2u) << "and nothing more is sent";
}

TEST(DispatchLoop, EndsWhenNoWorkerCameWithinTheGrace) {
  SimulatedTransport transport({.workers = 0});
  ListSource source(3);
  EXPECT_EQ(run_dispatch_loop(transport, source, transport.clock(), {}, {.no_workers_after = 30s}),
            LoopEnd::no_workers);
  EXPECT_GT(transport.elapsed(), 30s);
  EXPECT_LT(transport.elapsed(), 31s);
}

TEST(DispatchLoop, EndsWithinTenSecondsOfTheDeathOfTheLastWorker) {
  for (const double reported : {0.0, 1.0}) {
    SimulatedTransport transport({.workers = 5, .faults = {.dies = 1, .reported = reported}});
    ListSource source(1000);
    EXPECT_EQ(run_dispatch_loop(transport, source, transport.clock()), LoopEnd::no_workers);
    EXPECT_LT(transport.elapsed(), 10s) << "all die of their first unit, within a millisecond";
  }
}

/// Saving takes as long as the disk wants.
class SlowDisk final : public WorkSource {
 public:
  SlowDisk(UnitId units, ScriptedTransport& time) : list_(units), time_(time) {}
  std::optional<Unit> next(const WorkerCapacity& capacity) override {
    EXPECT_FALSE(time_.at_disk) << "who hangs here is not at the disk";
    return list_.next(capacity);
  }
  void complete(std::vector<WorkerReported> results) override {
    EXPECT_TRUE(time_.at_disk) << "the transport was told before";
    time_.pass(10h);
    list_.complete(std::move(results));
  }
  void abandon(UnitId unit, const std::string& reason) override { list_.abandon(unit, reason); }
  bool finished() const override { return list_.finished(); }

 private:
  ListSource list_;
  ScriptedTransport& time_;
};

TEST(DispatchLoop, TakesNobodyForLostWhoseSignsItCouldNotHearBecauseOfTheDisk) {
  ScriptedTransport transport(
      {{WorkerJoined{1, {}}, WorkerJoined{2, {}}}, {done(1, 1)}, {}, {done(2, 2)}, {done(1, 3)}});
  SlowDisk source(3, transport);
  int news = 0;
  const LoopOptions options{.dispatch = {.leases = {.shortest_lease = 60s, .first_lease = 60s}}};
  EXPECT_EQ(run_dispatch_loop(transport, source, transport, {.on_news = [&](const WorkerNews&) { ++news; }}, options),
            LoopEnd::finished);
  EXPECT_EQ(news, 0);
  EXPECT_EQ(transport.sent.size(), 3u) << "no unit went out twice";
}

TEST(DispatchLoop, SaysWhoIsSilentWhoIsBackAndWhoIsLost) {
  std::deque<std::vector<TransportEvent>> rounds(30, {WorkerBeat{1}});
  rounds[0] = {WorkerJoined{1, {}}, WorkerJoined{2, {}}};
  rounds[15] = {WorkerBeat{1}, WorkerBeat{2}};
  rounds[17] = {WorkerBeat{1}, WorkerLost{2, "it left"}};
  ScriptedTransport transport(std::move(rounds));
  ListSource source(10);
  std::vector<std::pair<WorkerId, WorkerNews::Kind>> heard;
  int round = 0;
  run_dispatch_loop(transport, source, transport,
                    {.stop_requested = [&] { return ++round == 25; },
                     .on_news = [&](const WorkerNews& news) { heard.emplace_back(news.worker, news.kind); }});
  using Kind = WorkerNews::Kind;
  EXPECT_THAT(heard, ElementsAre(std::pair(2, Kind::silent), std::pair(2, Kind::returned), std::pair(2, Kind::lost)));
}

TEST(DispatchLoop, GoesOnWhenAWorkerComesWithinTheGrace) {
  SimulatedTransport transport({.workers = 1, .seed = 3, .faults = {.dies = 0.05, .reported = 1, .returns = 1}});
  ListSource source(100);
  EXPECT_EQ(run_dispatch_loop(transport, source, transport.clock(), {}, {.deserted_after = 90s}), LoopEnd::finished);
  EXPECT_GT(transport.elapsed(), 60s) << "or nobody died, and the test shows nothing";
  EXPECT_TRUE(source.each_unit_ended_once());
}

TEST(DispatchLoop, EndsWhenAllWorkersHang) {
  SimulatedTransport transport({.workers = 2, .service = [](UnitId) { return 10'000h; }});
  ListSource source(3);
  const LoopOptions options{.dispatch = {.leases = {.first_lease = 600s}}, .poll = 1s, .no_workers_after = 60s};
  EXPECT_EQ(run_dispatch_loop(transport, source, transport.clock(), {}, options), LoopEnd::no_workers);
  EXPECT_LT(transport.elapsed(), 1h);
}

TEST(DispatchLoop, GivesCompletionsThatArriveTogetherToTheSourceTogether) {
  ScriptedTransport transport({{WorkerJoined{1, {}}, WorkerJoined{2, {}}},
                               {done(1, 1), WorkerBeat{1}, done(2, 2), done(1, 3), done(1, 1)},
                               {done(2, 4)},
                               {done(1, 5), done(1, 7), done(2, 6)}});
  ListSource source(7);
  EXPECT_EQ(run_dispatch_loop(transport, source, transport), LoopEnd::finished);
  EXPECT_THAT(source.rounds, ElementsAre(3, 1, 3));
  EXPECT_TRUE(source.each_unit_ended_once());
}

TEST(DispatchLoop, TellsTheSourceWhatIsGivenUp) {
  const auto failure = [](std::uint32_t attempt) {
    return WorkerReported{1, {.unit = 1, .attempt = attempt, .seconds = 1, .outcome = WorkFailure{"no memory"}}};
  };
  ScriptedTransport transport({{WorkerJoined{1, {}}}, {failure(0)}, {failure(1)}, {failure(2)}});
  ListSource source(1);
  EXPECT_EQ(run_dispatch_loop(transport, source, transport), LoopEnd::finished);
  EXPECT_THAT(source.abandoned, ElementsAre(std::pair<UnitId, std::string>(1, "no memory")));
}

TEST(DispatchLoop, CallsASourceThatHasNothingButIsNotFinishedADefect) {
  class Stuck final : public WorkSource {
    std::optional<Unit> next(const WorkerCapacity&) override { return std::nullopt; }
    void complete(std::vector<WorkerReported>) override {}
    void abandon(UnitId, const std::string&) override {}
    bool finished() const override { return false; }
  } source;
  SimulatedTransport transport({.workers = 1});
  EXPECT_THROW(run_dispatch_loop(transport, source, transport.clock()), InternalError);
}

}  // namespace
}  // namespace lorasweep
