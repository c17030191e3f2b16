// SPDX-License-Identifier: Apache-2.0
// Workers as real threads: units there and back, failures, losses, and the end.
#include "scheduler/local_transport.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <latch>
#include <map>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

namespace lorasweep {
namespace {

using namespace std::chrono_literals;

/// Work that a test can check: the ids that go out as examples come back as tokens.
Work request(TokenIds ids) {
  return PredictWork{.members = {{.adapters = {}, .weights = {}, .examples = std::move(ids)}}, .max_new_tokens = 1};
}

Report echo(const Order& order) {
  return {.unit = order.unit,
          .attempt = order.attempt,
          .seconds = 0.25,
          .outcome = PredictResult{{{std::get<PredictWork>(order.work).members.at(0).examples}}}};
}

void echo_all(Channel& channel, WorkerId) {
  while (const auto order = channel.receive(true)) channel.send(echo(*order));
}

/// The first event of this kind; those before it are dropped, those after it stay in `behind`. Fails the test after 20
/// seconds.
template <typename Event>
Event await(LocalTransport& transport, std::vector<TransportEvent>& behind) {
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (std::chrono::steady_clock::now() < deadline) {
    const auto found = std::ranges::find_if(behind, [](const auto& e) { return std::holds_alternative<Event>(e); });
    if (found == behind.end()) {
      behind = transport.poll(100ms);
      continue;
    }
    const Event event = std::get<Event>(*found);
    behind.erase(behind.begin(), found + 1);
    return event;
  }
  ADD_FAILURE() << "what the test waits for did not happen";
  return {};
}
template <typename Event>
Event await(LocalTransport& transport) {
  std::vector<TransportEvent> behind;
  return await<Event>(transport, behind);
}

TEST(LocalTransport, BringsEveryUnitBackFromTheWorkerThatGotIt) {
  LocalTransport transport(3, {.members = 2, .predictions = 5}, echo_all, 1h);
  std::map<UnitId, WorkerId> out;
  int joined = 0;
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (joined < 3 || !out.empty()) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    for (const TransportEvent& event : transport.poll(100ms)) {
      if (const auto* join = std::get_if<WorkerJoined>(&event)) {
        EXPECT_EQ(join->capacity, (WorkerCapacity{.members = 2, .predictions = 5}));
        ++joined;
        for (UnitId i = 0; i < 100; ++i) {
          const UnitId unit = static_cast<UnitId>(join->worker) * 1000 + i;
          out[unit] = join->worker;
          transport.send(join->worker, {unit, 3, request({static_cast<std::int32_t>(unit), 7})});
        }
      } else {
        const auto& [worker, report] = std::get<WorkerReported>(event);
        ASSERT_EQ(out.at(report.unit), worker);
        EXPECT_EQ(report.attempt, 3u);
        EXPECT_EQ(report.seconds, 0.25);
        EXPECT_THAT(std::get<PredictResult>(report.outcome).tokens,
                    testing::ElementsAre(testing::ElementsAre(testing::ElementsAre(report.unit, 7))));
        out.erase(report.unit);
      }
    }
  }
}

TEST(LocalTransport, ReportsAFailureWithItsReasonAndGoesOn) {
  LocalTransport transport(1, {}, [](Channel& channel, WorkerId) {
    const auto order = channel.receive(true);
    channel.send({.unit = order->unit, .attempt = order->attempt, .seconds = 1, .outcome = WorkFailure{"no memory"}});
    echo_all(channel, 1);
  });
  for (UnitId unit = 1; unit <= 2; ++unit) transport.send(1, {unit, 0, request({1})});
  std::vector<TransportEvent> behind;
  EXPECT_EQ(std::get<WorkFailure>(await<WorkerReported>(transport, behind).report.outcome).reason, "no memory");
  EXPECT_TRUE(std::holds_alternative<PredictResult>(await<WorkerReported>(transport, behind).report.outcome));
}

TEST(LocalTransport, TurnsWhatABodyThrowsIntoTheLossOfItsWorker) {
  LocalTransport transport(1, {}, [](Channel&, WorkerId) { throw std::runtime_error("the model is too large"); });
  const auto lost = await<WorkerLost>(transport);
  EXPECT_EQ(lost.worker, 1);
  EXPECT_EQ(lost.reason, "the model is too large");
  transport.send(1, {1, 0, request({1})});  // goes nowhere, harms nobody
}

TEST(LocalTransport, TurnsAnyThrownValueIntoTheLossOfItsWorker) {
  LocalTransport transport(1, {}, [](Channel&, WorkerId) { throw 42; });
  const auto lost = await<WorkerLost>(transport);
  EXPECT_EQ(lost.worker, 1);
  EXPECT_FALSE(lost.reason.empty());
}

TEST(LocalTransport, TellsALackOfMemoryFromOtherFailures) {
  LocalTransport transport(1, {}, [](Channel&, WorkerId) { throw std::bad_alloc(); });
  EXPECT_EQ(await<WorkerLost>(transport).reason, out_of_memory);
  EXPECT_EQ(transport.workers_left(), 0u);
}

TEST(LocalTransport, TellsThatABodyEnded) {
  LocalTransport transport(1, {}, [](Channel&, WorkerId) {});
  EXPECT_EQ(await<WorkerLost>(transport).worker, 1);
}

TEST(LocalTransport, BeatsForAWorkerThatIsLongAtOneUnitAndNotForOneThatEnded) {
  std::latch release(1);
  LocalTransport transport(
      2, {}, [&](Channel&, WorkerId worker) { worker == 1 ? release.wait() : void(); }, 0ns);
  EXPECT_EQ(await<WorkerLost>(transport).worker, 2);
  const auto events = transport.poll(0ns);
  std::vector<WorkerId> beats;
  for (const TransportEvent& event : events)
    if (const auto* beat = std::get_if<WorkerBeat>(&event)) beats.push_back(beat->worker);
  EXPECT_THAT(beats, testing::ElementsAre(1));
  release.count_down();
}

TEST(LocalTransport, DropsWhatNobodyHasBegunWhenItCloses) {
  std::latch begun(1), closing(1);
  std::atomic<int> done = 0;
  std::atomic<bool> closed = false;
  LocalTransport transport(1, {}, [&](Channel& channel, WorkerId) {
    while (const auto order = channel.receive(true)) {
      begun.count_down();
      closing.wait();
      while (!channel.closed()) std::this_thread::yield();  // close() clears the queue before it waits
      ++done;
    }
    closed = channel.closed();
  });
  for (UnitId unit = 1; unit <= 5; ++unit) transport.send(1, {unit, 0, request({1})});
  begun.wait();
  closing.count_down();
  transport.close();
  transport.close();
  EXPECT_EQ(done, 1);
  EXPECT_TRUE(closed);
  transport.send(1, {9, 0, request({1})});
}

TEST(LocalTransport, DoesNotWaitWhenAskedNotTo) {
  std::latch asked(1);
  LocalTransport transport(1, {}, [&](Channel& channel, WorkerId) {
    EXPECT_FALSE(channel.receive(false));
    EXPECT_FALSE(channel.closed());
    asked.count_down();
    echo_all(channel, 1);
  });
  asked.wait();
  transport.send(1, {1, 0, request({4})});
  EXPECT_EQ(await<WorkerReported>(transport).report.unit, 1u);
}

}  // namespace
}  // namespace lorasweep
