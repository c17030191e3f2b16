// SPDX-License-Identifier: Apache-2.0
// Nobody waits for the dead or the stopped, and everybody for who is only slow: one job a scenario, with waits of a
// second. ctest reads what is printed; with_lost_ranks.sh sees to it that the job ended by itself, and that whoever
// printed its number as a victim's is gone with it.
#include "data/core/error.h"
#include "scheduler/dispatch_loop.h"
#include "scheduler/mpi/broadcast.h"
#include "scheduler/mpi/mpi_transport.h"
#include "scheduler/mpi/mpi_worker.h"
#include "tests/scheduler/list_source.h"

#include <mpi.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <thread>
#include <utility>

namespace lorasweep {
namespace {

using namespace std::chrono_literals;

constexpr Waits quick{.beat = 100ms,
                      .silent = 1500ms,
                      .blocked = 60s,
                      .scheduling = 1500ms,
                      .saving = 30s,
                      .deserted = 200ms,
                      .stop_grace = 1s,
                      .not_awaited = 1s,
                      .goodbyes = 3s,
                      .leaving = 500ms};
constexpr auto long_time = 5s;  // more than anybody is waited for

[[noreturn]] void fall(int signal) {
  std::cout << "victim " << getpid() << std::endl;
  raise(signal);
  std::cout << "FAILED: a victim lives" << std::endl;
  std::abort();
}

/// Units that take ten milliseconds.
void work(
    Channel& channel, const std::function<void()>& at_the_third = [] {}) {
  for (int taken = 1; const auto order = channel.receive(true); ++taken) {
    if (taken == 3) at_the_third();
    std::this_thread::sleep_for(10ms);
    channel.send({order->unit, order->attempt, 0.01, EvaluateResult{}});
  }
}

/// A list of units; something happens when the tenth is saved, or when the next one is asked for.
class Eventful final : public WorkSource {
 public:
  explicit Eventful(UnitId units) : list_(units) {}
  std::function<void()> at_the_disk = [] {}, at_asking = [] {};

  std::optional<Unit> next(const WorkerCapacity& capacity) override {
    if (list_.completed.size() >= 10) std::exchange(at_asking, [] {})();
    return list_.next(capacity);
  }
  void complete(std::vector<WorkerReported> results) override {
    const std::size_t before = list_.completed.size();
    list_.complete(std::move(results));
    if (before < 10 && list_.completed.size() >= 10) at_the_disk();
  }
  void abandon(UnitId unit, const std::string& reason) override { list_.abandon(unit, reason); }
  bool finished() const override { return list_.finished(); }
  bool all_right() const { return list_.each_unit_ended_once() && list_.abandoned.empty(); }

 private:
  ListSource list_;
};

void say_news(const WorkerNews& news) {
  static const std::map<WorkerNews::Kind, std::string> words{{WorkerNews::Kind::lost, "lost"},
                                                             {WorkerNews::Kind::silent, "silent"},
                                                             {WorkerNews::Kind::returned, "returned"},
                                                             {WorkerNews::Kind::overdue, "overdue"},
                                                             {WorkerNews::Kind::stuck, "stuck"}};
  std::cout << "worker " << news.worker << " " << words.at(news.kind) << std::endl;
}

void schedule(MpiSession& session, Eventful& source) {
  MpiTransport transport(session);
  const LoopEnd end =
      run_dispatch_loop(transport, source, SteadyClock(), {.on_news = say_news},
                        {.dispatch = {.worker_lost_after = quick.silent}, .deserted_after = quick.deserted});
  transport.close();
  std::cout << (end == LoopEnd::no_workers ? "no worker is left"
                : source.all_right()       ? "all came back"
                                           : "FAILED")
            << (session.may_meet() ? ", together" : ", alone") << std::endl;
}

/// Rank 0 schedules a hundred units, the others work; what happens to whom is the scenario's.
struct Happenings {
  std::function<void(Eventful&)> to_rank_0 = [](Eventful&) {};
  std::function<void()> to_rank_0_at_the_end = [] {};
  std::function<void(int rank)> to_worker = [](int) {};
};

void sweep(MpiSession& session, const Happenings& happenings) {
  if (!session.scheduler()) {
    run_mpi_worker(session, {},
                   [&](Channel& channel) { work(channel, [&] { happenings.to_worker(session.rank()); }); });
    return;
  }
  Eventful source(100);
  happenings.to_rank_0(source);
  schedule(session, source);
  happenings.to_rank_0_at_the_end();
}

/// What a rank said of a call that it has left must not be believed any longer.
void start_with_blocking_call(MpiSession& session) {
  all_of_ranks(session, true);
  { const BlockingCall call(session); }
  if (session.scheduler()) fall(SIGKILL);
  all_of_ranks(session, true);
}

/// A start of two steps; before the second something happens to one rank.
void start(MpiSession& session, int rank, const std::function<void()>& happens) {
  all_of_ranks(session, true);
  if (session.rank() == rank) happens();
  std::string bytes = "the second step";
  broadcast_bytes(session, bytes);
  std::cout << "rank " << session.rank() << " has started" << std::endl;
}

const auto dies = [] { fall(SIGKILL); };
const auto stops = [] { fall(SIGSTOP); };
const auto is_slow = [] { std::this_thread::sleep_for(long_time); };
const auto write_slowly = [] {
  is_slow();
  std::cout << "results are written" << std::endl;
};

const std::map<std::string, std::function<void(MpiSession&)>> scenarios{
    {"killed-scheduler", [](auto& s) { sweep(s, {.to_rank_0 = [](Eventful& e) { e.at_the_disk = dies; }}); }},
    {"stopped-scheduler", [](auto& s) { sweep(s, {.to_rank_0 = [](Eventful& e) { e.at_the_disk = stops; }}); }},
    {"slow-disk", [](auto& s) { sweep(s, {.to_rank_0 = [](Eventful& e) { e.at_the_disk = is_slow; }}); }},
    {"hanging-scheduler", [](auto& s) { sweep(s, {.to_rank_0 = [](Eventful& e) { e.at_asking = is_slow; }}); }},
    {"all-workers-killed", [](auto& s) { sweep(s, {.to_worker = [](int) { fall(SIGKILL); }}); }},
    {"all-workers-stopped", [](auto& s) { sweep(s, {.to_worker = [](int) { fall(SIGSTOP); }}); }},
    {"stopped-worker",
     [](auto& s) {
       sweep(s, {.to_worker = [](int rank) {
               if (rank == 2) fall(SIGSTOP);
             }});
     }},
    {"scheduler-killed-at-the-end", [](auto& s) { sweep(s, {.to_rank_0_at_the_end = dies}); }},
    {"scheduler-stopped-at-the-end", [](auto& s) { sweep(s, {.to_rank_0_at_the_end = stops}); }},
    {"slow-results", [](auto& s) { sweep(s, {.to_rank_0_at_the_end = write_slowly}); }},
    {"slow-results-after-a-loss",
     [](auto& s) {
       sweep(s, {.to_rank_0_at_the_end = write_slowly, .to_worker = [](int rank) {
                   if (rank == 2) fall(SIGSTOP);
                 }});
     }},
    {"slow-node-in-the-session", [](auto& s) { start(s, 0, [] {}); }},
    {"scheduler-killed-in-the-start", [](auto& s) { start(s, 0, dies); }},
    {"scheduler-stopped-in-the-start", [](auto& s) { start(s, 0, stops); }},
    {"scheduler-killed-after-a-blocking-call", [](auto& s) { start_with_blocking_call(s); }},
    {"worker-killed-in-the-start", [](auto& s) { start(s, 1, dies); }},
    {"worker-stopped-in-the-start", [](auto& s) { start(s, 2, stops); }},
    {"slow-scheduler-in-the-start", [](auto& s) { start(s, 0, is_slow); }},
    {"slow-worker-in-the-start", [](auto& s) { start(s, 1, is_slow); }},
};

// Makes the last call of a session's making slow on one rank, as if its node were.
bool session_is_slow = false;

int run(const std::string& scenario) {
  session_is_slow = scenario == "slow-node-in-the-session";
  MpiSession session(quick);
  session_is_slow = false;
  try {
    scenarios.at(scenario)(session);
  } catch (const Error& error) {
    std::cout << "rank " << session.rank() << " left, code " << static_cast<int>(error.code()) << ": " << error.what()
              << std::endl;
    session.lose_peers();
  }
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace lorasweep

extern "C" int MPI_Comm_free(MPI_Comm* communicator) {
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  if (lorasweep::session_is_slow && rank == 2) std::this_thread::sleep_for(lorasweep::long_time);
  return PMPI_Comm_free(communicator);
}

int main(int argc, char** argv) { return lorasweep::run(argc > 1 ? argv[1] : ""); }
