// SPDX-License-Identifier: Apache-2.0
// Jobs in which a rank is lost: a killed worker, one that does not stop, one that talks nonsense, and the
// scheduler. ctest reads what is printed.
#include "data/core/error.h"
#include "scheduler/dispatch_loop.h"
#include "scheduler/message.h"
#include "scheduler/mpi/mailbox.h"
#include "scheduler/mpi/mpi_transport.h"
#include "scheduler/mpi/mpi_worker.h"
#include "tests/scheduler/mpi/echo_work.h"

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <set>
#include <string_view>
#include <thread>

namespace lorasweep {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// A list of echoes, each of which must come back right and once.
class EchoSource final : public WorkSource {
 public:
  explicit EchoSource(UnitId units) : units_(units) {}

  std::optional<Unit> next(const WorkerCapacity&) override {
    if (next_ == units_) return std::nullopt;
    const UnitId id = next_++;
    // Large, so that some of it is on its way to the worker that dies.
    return Unit{id, 1, echo_request(TokenIds(50'000, static_cast<std::int32_t>(id)))};
  }

  void complete(std::vector<WorkerReported> results) override {
    for (const auto& [worker, report] : results) {
      const bool right = echo_answer(report).at(0) == static_cast<std::int32_t>(report.unit);
      if (!right || !done_.insert(report.unit).second) wrong_ = true;
    }
  }

  void abandon(UnitId unit, const std::string& reason) override {
    std::cout << "unit " << unit << " abandoned: " << reason << '\n';
    wrong_ = true;
  }

  bool finished() const override { return done_.size() == units_ || wrong_; }
  bool all_right() const { return done_.size() == units_ && !wrong_; }

 private:
  UnitId units_;
  UnitId next_ = 0;
  std::set<UnitId> done_;
  bool wrong_ = false;
};

int killed_worker(MpiSession& session) {
  if (!session.scheduler()) {
    run_mpi_worker(session, {}, [&](Channel& channel) {
      for (int taken = 1; auto order = channel.receive(true); ++taken) {
        if (session.rank() == 2 && taken == 3) raise(SIGKILL);
        std::this_thread::sleep_for(20ms);
        channel.send(echo(std::move(*order)));
      }
    });
    return EXIT_SUCCESS;
  }
  MpiTransport transport(session);
  EchoSource source(60);
  const Clock::time_point deadline = Clock::now() + 30s;
  const LoopEnd end =
      run_dispatch_loop(transport, source, SteadyClock(), {.stop_requested = [&] { return Clock::now() > deadline; }},
                        {.dispatch = {.worker_lost_after = 2s}});
  const bool complete = end == LoopEnd::finished && source.all_right();
  std::cout << (complete && !session.may_meet() ? "all units came back\n" : "FAILED\n");
  return EXIT_SUCCESS;
}

int stuck_worker(MpiSession& session) {
  if (!session.scheduler()) {
    run_mpi_worker(session, {}, [&](Channel& channel) {
      while (channel.receive(true)) std::this_thread::sleep_for(session.rank() == 1 ? 40s : 10ms);
    });
    return EXIT_SUCCESS;
  }
  const Clock::time_point before = Clock::now();
  {
    MpiTransport transport(session);
    for (int joined = 0; joined < 2;) {
      for (const TransportEvent& event : transport.poll(50ms)) {
        if (const auto* join = std::get_if<WorkerJoined>(&event)) {
          ++joined;
          transport.send(join->worker, {1, 1, echo_request({1})});
        }
      }
    }
    transport.poll(300ms);
  }
  const bool in_time = Clock::now() - before < 6s;
  std::cout << (in_time && !session.may_meet() ? "left the stuck worker" : "FAILED") << std::endl;
  session.finish_without_peers(EXIT_SUCCESS);
}

int senseless_worker(MpiSession& session) {
  if (!session.scheduler()) {
    {
      Mailbox mailbox(session);
      mailbox.post(0, encode_message(Hello{}));
      mailbox.post(0, "what a worker would never say");
      std::this_thread::sleep_for(1s);
    }
    session.finish_without_peers(EXIT_SUCCESS);
  }
  MpiTransport transport(session);
  bool joined = false;
  bool lost = false;
  const Clock::time_point deadline = Clock::now() + 10s;
  while (!lost && Clock::now() < deadline) {
    for (const TransportEvent& event : transport.poll(50ms)) {
      joined = joined || std::holds_alternative<WorkerJoined>(event);
      lost = lost || std::holds_alternative<WorkerLost>(event);
    }
  }
  transport.close();
  std::cout << (joined && lost && !session.may_meet() ? "dropped the senseless worker\n" : "FAILED\n");
  return EXIT_SUCCESS;
}

int lost_scheduler(MpiSession& session) {
  if (session.scheduler()) {
    MpiTransport transport(session);
    transport.poll(500ms);
    session.finish_without_peers(EXIT_SUCCESS);
  }
  try {
    run_mpi_worker(session, {}, echo_all);
    std::cout << "FAILED: the worker did not notice\n";
  } catch (const Error& error) {
    std::cout << error.what() << '\n';
  }
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace lorasweep

int main(int argc, char** argv) {
  using namespace lorasweep;
  const std::string_view scenario = argc > 1 ? argv[1] : "";
  using namespace std::chrono_literals;
  MpiSession session({.beat = 100ms, .silent = 2s, .stop_grace = 1s, .not_awaited = 1s});
  if (scenario == "killed-worker") return killed_worker(session);
  if (scenario == "stuck-worker") return stuck_worker(session);
  if (scenario == "senseless-worker") return senseless_worker(session);
  if (scenario == "lost-scheduler") return lost_scheduler(session);
  std::cerr << "unknown scenario\n";
  return EXIT_FAILURE;
}
