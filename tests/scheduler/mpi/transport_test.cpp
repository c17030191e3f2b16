// SPDX-License-Identifier: Apache-2.0
// Rank 0's transport against real worker ranks: in every test rank 0 drives, the others run a body.
#include "scheduler/mpi/mpi_transport.h"
#include "scheduler/mpi/mpi_worker.h"
#include "tests/scheduler/mpi/echo_work.h"
#include "tests/scheduler/mpi/mpi_test_main.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <map>
#include <numeric>
#include <set>
#include <stdexcept>
#include <thread>

namespace lorasweep {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

int worker_count() { return test_session().size() - 1; }

void run_worker(const std::function<void(Channel&)>& body) {
  run_mpi_worker(test_session(), {.members = test_session().rank(), .predictions = 5}, body);
}

/// Polls until `enough` says so after an event, for at most 20 seconds.
void poll_until(MpiTransport& transport, const std::function<bool(TransportEvent&)>& enough) {
  const Clock::time_point deadline = Clock::now() + 20s;
  while (Clock::now() < deadline) {
    for (TransportEvent& event : transport.poll(100ms)) {
      if (enough(event)) return;
    }
  }
  FAIL() << "what the test waits for did not happen";
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](timeval t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

TEST(MpiTransport, BringsEveryUnitBackFromTheWorkerThatGotIt) {
  if (!test_session().scheduler()) {
    run_worker(echo_all);
    return;
  }
  MpiTransport transport(test_session());
  std::map<UnitId, WorkerId> out;
  const UnitId per_worker = 200;
  int joined = 0;
  std::size_t back = 0;
  poll_until(transport, [&](TransportEvent& event) {
    if (const auto* join = std::get_if<WorkerJoined>(&event)) {
      EXPECT_EQ(join->capacity, (WorkerCapacity{.members = join->worker, .predictions = 5}));
      ++joined;
      for (UnitId i = 0; i < per_worker; ++i) {
        const UnitId unit = static_cast<UnitId>(join->worker) * 1000 + i;
        out[unit] = join->worker;
        transport.send(join->worker, {unit, 3, echo_request({static_cast<std::int32_t>(unit), 7})});
      }
    } else if (const auto* reported = std::get_if<WorkerReported>(&event)) {
      const Report& report = reported->report;
      ++back;
      EXPECT_EQ(out.at(report.unit), reported->worker);
      EXPECT_EQ(report.attempt, 3U);
      EXPECT_EQ(report.seconds, 0.25);
      EXPECT_THAT(echo_answer(report), testing::ElementsAre(report.unit, 7));
      out.erase(report.unit);
    }
    return joined == worker_count() && out.empty();
  });
  EXPECT_EQ(back, per_worker * static_cast<std::size_t>(worker_count()));
  const Clock::time_point before = Clock::now();
  transport.close();
  transport.close();
  EXPECT_LT(Clock::now() - before, 2s);
  EXPECT_TRUE(test_session().may_meet());
  EXPECT_TRUE(transport.poll(10ms).empty());
}

TEST(MpiTransport, CarriesLargePayloadsBothWays) {
  if (!test_session().scheduler()) {
    run_worker(echo_all);
    return;
  }
  MpiTransport transport(test_session());
  TokenIds ids(2'000'000);  // 8 MB
  std::iota(ids.begin(), ids.end(), 0);
  std::set<WorkerId> back;
  poll_until(transport, [&](TransportEvent& event) {
    if (const auto* join = std::get_if<WorkerJoined>(&event)) {
      transport.send(join->worker, {1, 1, echo_request(ids)});
    } else if (const auto* reported = std::get_if<WorkerReported>(&event)) {
      EXPECT_TRUE(echo_answer(reported->report) == ids);
      back.insert(reported->worker);
    }
    return back.size() == static_cast<std::size_t>(worker_count());
  });
}

TEST(MpiTransport, SendDoesNotWaitForABusyWorker) {
  if (!test_session().scheduler()) {
    run_worker([](Channel& channel) {
      auto order = channel.receive(true);
      std::this_thread::sleep_for(500ms);
      channel.send(echo(std::move(*order)));
      echo_all(channel);
    });
    return;
  }
  MpiTransport transport(test_session());
  std::size_t back = 0;
  poll_until(transport, [&](TransportEvent& event) {
    if (const auto* join = std::get_if<WorkerJoined>(&event)) {
      const Work request = echo_request(TokenIds(100'000, 1));
      const Clock::time_point before = Clock::now();
      for (UnitId unit = 0; unit < 5; ++unit) transport.send(join->worker, {unit, 1, request});
      EXPECT_LT(Clock::now() - before, 400ms);
    }
    back += std::holds_alternative<WorkerReported>(event) ? 1 : 0;
    return back == 5 * static_cast<std::size_t>(worker_count());
  });
}

TEST(MpiTransport, HearsTheHeartbeatOfAWorkerThatComputes) {
  if (!test_session().scheduler()) {
    run_worker([](Channel& channel) {
      auto order = channel.receive(true);
      std::this_thread::sleep_for(1s);
      channel.send(echo(std::move(*order)));
      echo_all(channel);
    });
    return;
  }
  MpiTransport transport(test_session());
  std::map<WorkerId, int> beats;
  int back = 0;
  poll_until(transport, [&](TransportEvent& event) {
    if (const auto* join = std::get_if<WorkerJoined>(&event)) {
      transport.send(join->worker, {1, 1, echo_request({1})});
    } else if (const auto* beat = std::get_if<WorkerBeat>(&event)) {
      ++beats[beat->worker];
    }
    back += std::holds_alternative<WorkerReported>(event) ? 1 : 0;
    return back == worker_count();
  });
  for (WorkerId worker = 1; worker <= worker_count(); ++worker) EXPECT_GE(beats[worker], 4) << worker;
}

TEST(MpiTransport, ReportsWorkThatFailedAndGoesOn) {
  if (!test_session().scheduler()) {
    run_worker([](Channel& channel) {
      auto order = channel.receive(true);
      channel.send(
          {.unit = order->unit, .attempt = order->attempt, .seconds = 1, .outcome = WorkFailure{"out of luck"}});
      echo_all(channel);
    });
    return;
  }
  MpiTransport transport(test_session());
  int failed = 0;
  int back = 0;
  poll_until(transport, [&](TransportEvent& event) {
    if (const auto* join = std::get_if<WorkerJoined>(&event)) {
      transport.send(join->worker, {1, 1, echo_request({1})});
      transport.send(join->worker, {2, 1, echo_request({2})});
    } else if (const auto* reported = std::get_if<WorkerReported>(&event)) {
      const auto* failure = std::get_if<WorkFailure>(&reported->report.outcome);
      EXPECT_EQ(failure != nullptr, reported->report.unit == 1);
      if (failure != nullptr) {
        EXPECT_EQ(failure->reason, "out of luck");
        ++failed;
      } else {
        ++back;
      }
    }
    return failed == worker_count() && back == worker_count();
  });
}

TEST(MpiTransport, ReportsAWorkerWhoseBodyThrewAsLostAndStillEndsTogether) {
  if (!test_session().scheduler()) {
    run_worker([](Channel& channel) {
      channel.receive(true);
      throw std::runtime_error("no memory left");
    });
    EXPECT_TRUE(test_session().may_meet());
    return;
  }
  MpiTransport transport(test_session());
  int lost = 0;
  poll_until(transport, [&](TransportEvent& event) {
    if (const auto* join = std::get_if<WorkerJoined>(&event)) {
      transport.send(join->worker, {1, 1, echo_request({1})});
    } else if (const auto* loss = std::get_if<WorkerLost>(&event)) {
      EXPECT_THAT(loss->reason, testing::HasSubstr("no memory left"));
      transport.send(loss->worker, {2, 1, echo_request({2})});  // goes nowhere, harms nobody
      ++lost;
    }
    return lost == worker_count();
  });
  transport.close();
  EXPECT_TRUE(test_session().may_meet());
}

TEST(MpiTransport, BurnsNoCoreWhileNothingHappens) {
  double used = -1;
  if (!test_session().scheduler()) {
    run_worker([&](Channel& channel) {
      const double before = cpu_seconds();
      channel.receive(true);
      used = cpu_seconds() - before;
    });
  } else {
    MpiTransport transport(test_session());
    const double before = cpu_seconds();
    const Clock::time_point end = Clock::now() + 2s;
    while (Clock::now() < end) transport.poll(50ms);
    used = cpu_seconds() - before;
  }
  std::cout << "rank " << test_session().rank() << " idle for 2 s: " << used << " s of CPU time\n";
  EXPECT_GE(used, 0);
  EXPECT_LT(used, 0.4);
}

TEST(MpiTransport, PollReturnsEmptyAfterItsTimeout) {
  if (!test_session().scheduler()) {
    run_mpi_worker(test_session(), {}, echo_all);
    return;
  }
  MpiTransport transport(test_session());
  int joined = 0;
  poll_until(transport, [&](TransportEvent&) { return ++joined == worker_count(); });
  Clock::time_point before;
  do {
    before = Clock::now();
  } while (!transport.poll(20ms).empty());  // signs of life come less often
  EXPECT_GE(Clock::now() - before, 20ms);
  EXPECT_LT(Clock::now() - before, 1s);
}

TEST(MpiTransport, TellsAWorkerThatIsStillAtWorkToStopAfterItsUnit) {
  if (!test_session().scheduler()) {
    int done = 0;
    run_worker([&](Channel& channel) {
      while (auto order = channel.receive(true)) {
        std::this_thread::sleep_for(300ms);
        channel.send(echo(std::move(*order)));
        ++done;
      }
      EXPECT_TRUE(channel.closed());
    });
    EXPECT_LT(done, 100);
    return;
  }
  MpiTransport transport(test_session());
  int joined = 0;
  poll_until(transport, [&](TransportEvent& event) {
    if (const auto* join = std::get_if<WorkerJoined>(&event)) {
      ++joined;
      for (UnitId unit = 0; unit < 100; ++unit) transport.send(join->worker, {unit, 1, echo_request({1})});
    }
    return joined == worker_count();
  });
  const Clock::time_point before = Clock::now();
  transport.close();
  EXPECT_LT(Clock::now() - before, 2s);
  EXPECT_TRUE(test_session().may_meet());
}

}  // namespace
}  // namespace lorasweep
