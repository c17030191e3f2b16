// SPDX-License-Identifier: Apache-2.0
// The worker's main loop: letters in, reports out, heartbeats, and the ways to end.
#include "scheduler/mpi/mpi_worker.h"

#include <exception>
#include <iostream>
#include <new>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <variant>

#include "data/core/error.h"
#include "scheduler/message.h"
#include "scheduler/mpi/mailbox.h"
#include "scheduler/mpi/nap.h"
#include "scheduler/mpi/worker_channel.h"
#include "scheduler/transport.h"

namespace lorasweep {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kScheduler = 0;

void compute(WorkerChannel& channel, const std::function<void(Channel&)>& body) {
  try {
    body(channel);
    channel.end(channel.closed() ? "" : "its work loop ended before it was told to");
  } catch (const std::bad_alloc&) {
    channel.end(std::string(out_of_memory));
  } catch (const std::exception& error) {
    channel.end(std::string("its work loop failed: ") + error.what());
  } catch (...) {
    channel.end("its work loop failed for an unknown reason");
  }
}

class WorkerLoop {
 public:
  WorkerLoop(MpiSession& session, WorkerChannel& channel, const MpiWorkerOptions& options)
      : session_(session), channel_(channel), options_(options), mailbox_(session) {}

  void join(WorkerCapacity capacity) { say(Hello{capacity}); }

  /// Until the compute thread has ended; false: it was told to stop and did not in time.
  bool serve();
  /// Takes leave and waits for rank 0's answer, which the session then knows.
  void part(const Parting& parting);

 private:
  void say(const Message& message) { mailbox_.post(kScheduler, encode_message(message)); }
  void listen();
  void beat();
  void check_scheduler() const;

  MpiSession& session_;
  WorkerChannel& channel_;
  const MpiWorkerOptions& options_;
  Mailbox mailbox_;
  Nap nap_;
  Clock::time_point heard_ = Clock::now();
  Clock::time_point beaten_ = Clock::now();
  std::optional<Clock::time_point> stopped_;  // since when no more work comes
  std::optional<Ending> ending_;
};

bool WorkerLoop::serve() {
  for (;;) {
    listen();
    beat();
    for (std::string& report : channel_.take_reports(nap_.next())) {
      mailbox_.post(kScheduler, std::move(report));
      nap_.reset();
    }
    if (channel_.ended()) {
      break;
    }
    if (stopped_ && Clock::now() - *stopped_ > options_.stop_grace) {
      return false;
    }
    check_scheduler();
  }
  for (std::string& report : channel_.take_reports({})) {
    mailbox_.post(kScheduler, std::move(report));
  }
  return true;
}

void WorkerLoop::part(const Parting& parting) {
  say(parting);
  nap_.reset();
  while (!ending_) {
    listen();
    check_scheduler();
    nap_.rest(options_.beat_interval);
  }
  if (*ending_ == Ending::alone) {
    session_.lose_peers();
  }
}

void WorkerLoop::listen() {
  for (Letter& letter : mailbox_.collect()) {
    heard_ = Clock::now();
    nap_.reset();
    if (looks_like_order(letter.bytes)) {
      channel_.deliver(std::move(letter.bytes));  // may be large: the compute thread decodes it
      continue;
    }
    const Message message = decode_message(letter.bytes);
    if (const auto* parting = std::get_if<Parting>(&message)) {
      ending_ = parting->ending;
    } else if (std::holds_alternative<Stop>(message)) {
      stopped_ = heard_;
      channel_.close();
    }
  }
}

void WorkerLoop::beat() {
  const Clock::time_point now = Clock::now();
  if (now - beaten_ >= options_.beat_interval && !mailbox_.sending(kScheduler)) {
    beaten_ = now;
    say(Beat{});
  }
}

void WorkerLoop::check_scheduler() const {
  const Clock::duration bound = stopped_ ? Clock::duration(waits::farewell_awaited) : options_.scheduler_lost_after;
  if (Clock::now() - heard_ > bound) {
    throw Error(ExitCode::interrupted, "worker " + std::to_string(session_.rank()),
                "nothing was heard from the scheduler (rank 0) for " +
                    std::to_string(std::chrono::duration_cast<std::chrono::seconds>(bound).count()) + " s",
                "resume the sweep");
  }
}

/// The compute thread cannot be stopped from outside: a process that must go while it works ends here.
[[noreturn]] void leave_at_work(const MpiSession& session, const std::exception_ptr& failure) {
  ExitCode code = ExitCode::ok;
  try {
    if (failure) {
      std::rethrow_exception(failure);
    }
  } catch (const Error& error) {
    std::cerr << error.what() << '\n';
    code = error.code();
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    code = ExitCode::internal;
  }
  session.finish_without_peers(static_cast<int>(code));
}

}  // namespace

void run_mpi_worker(MpiSession& session, WorkerCapacity capacity, const std::function<void(Channel&)>& body,
                    MpiWorkerOptions options) {
  WorkerChannel channel;
  WorkerLoop loop(session, channel, options);
  std::thread worker;
  try {
    worker = std::thread(compute, std::ref(channel), std::cref(body));
  } catch (const std::system_error& error) {  // rank 0 is told so, and the sweep goes on with the others
    channel.end(std::string("its thread could not be started: ") + error.what());
  }
  std::exception_ptr failure;
  try {
    loop.join(capacity);
    const bool ended = loop.serve();
    loop.part(ended ? Parting{Ending::together, *channel.ended()}
                    : Parting{Ending::alone, "it was still working long after it was told to stop"});
  } catch (...) {
    failure = std::current_exception();
    session.lose_peers();
    channel.close();
    channel.await_end(options.stop_grace);
  }
  if (!channel.ended()) {
    leave_at_work(session, failure);
  }
  if (worker.joinable()) {
    worker.join();
  }
  if (failure) {
    std::rethrow_exception(failure);
  }
}

}  // namespace lorasweep
