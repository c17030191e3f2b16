// SPDX-License-Identifier: Apache-2.0
// The worker's main loop: letters in, reports out, and the ways to end.
#include "scheduler/mpi/mpi_worker.h"

#include "data/core/error.h"
#include "scheduler/message.h"
#include "scheduler/mpi/mailbox.h"
#include "scheduler/mpi/nap.h"
#include "scheduler/mpi/worker_channel.h"
#include "scheduler/transport.h"

#include <chrono>
#include <exception>
#include <iostream>
#include <new>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <variant>

namespace lorasweep {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int scheduler_rank = 0;

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
  WorkerLoop(MpiSession& session, WorkerChannel& channel) : session_(session), channel_(channel), mailbox_(session) {}

  void join(WorkerCapacity capacity) { say(Hello{capacity}); }

  /// Until the compute thread has ended; false: it was told to stop and did not in time.
  bool serve();
  /// Takes leave and waits for rank 0's answer, which the session then knows.
  void part(const Parting& parting);

 private:
  void say(const Message& message) { mailbox_.post(scheduler_rank, encode_message(message)); }
  void listen();

  MpiSession& session_;
  WorkerChannel& channel_;
  Mailbox mailbox_;
  Nap nap_;
  std::optional<Clock::time_point> stopped_;  // since when no more work comes
  std::optional<Ending> ending_;
};

bool WorkerLoop::serve() {
  for (;;) {
    listen();
    for (std::string& report : channel_.take_reports(nap_.next())) {
      mailbox_.post(scheduler_rank, std::move(report));
      nap_.reset();
    }
    if (channel_.ended()) break;
    if (stopped_ && Clock::now() - *stopped_ > session_.waits().stop_grace) return false;
    session_.require_peers();
  }
  for (std::string& report : channel_.take_reports({})) mailbox_.post(scheduler_rank, std::move(report));
  return true;
}

void WorkerLoop::part(const Parting& parting) {
  say(parting);
  nap_.reset();
  while (!ending_) {
    listen();
    if (!ending_) session_.require_peers();
    nap_.rest(session_.waits().beat);
  }
  if (*ending_ == Ending::alone) session_.leave_after_rank_0();
}

void WorkerLoop::listen() {
  for (Letter& letter : mailbox_.collect()) {
    nap_.reset();
    if (looks_like_order(letter.bytes)) {
      channel_.deliver(std::move(letter.bytes));  // may be large: the compute thread decodes it
      continue;
    }
    const Message message = decode_message(letter.bytes);
    if (const auto* parting = std::get_if<Parting>(&message)) {
      ending_ = parting->ending;
    } else if (std::holds_alternative<Stop>(message)) {
      stopped_ = Clock::now();
      channel_.close();
    }
  }
}

/// The compute thread cannot be stopped from outside: a process that must go while it works ends here.
[[noreturn]] void leave_at_work(MpiSession& session, const std::exception_ptr& failure) {
  ExitCode code = ExitCode::ok;
  try {
    if (failure) std::rethrow_exception(failure);
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

void run_mpi_worker(MpiSession& session, WorkerCapacity capacity, const std::function<void(Channel&)>& body) {
  WorkerChannel channel;
  WorkerLoop loop(session, channel);
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
    channel.await_end(session.waits().leaving);
  }
  if (!channel.ended()) leave_at_work(session, failure);
  if (worker.joinable()) worker.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace lorasweep
