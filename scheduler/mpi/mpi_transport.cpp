// SPDX-License-Identifier: Apache-2.0
// Letters to and from the worker ranks as transport events, and the orderly end of the job.
#include "scheduler/mpi/mpi_transport.h"

#include "data/core/error.h"
#include "scheduler/message.h"
#include "scheduler/mpi/mailbox.h"
#include "scheduler/mpi/nap.h"

#include <algorithm>
#include <cstddef>
#include <exception>
#include <utility>

namespace lorasweep {
namespace {

/// What a worker may say, as an event about it.
struct EventOf {
  WorkerId worker;

  TransportEvent operator()(const Hello& hello) const { return WorkerJoined{worker, hello.capacity}; }
  TransportEvent operator()(Report& report) const { return WorkerReported{worker, std::move(report)}; }
  TransportEvent operator()(const Parting& parting) const {
    return WorkerLost{worker, parting.reason.empty() ? "it left" : parting.reason};
  }
  TransportEvent operator()(const Order&) const { throw InternalError("a worker sent an order", "MPI message"); }
  TransportEvent operator()(const Stop&) const { throw InternalError("a worker sent a stop", "MPI message"); }
};

}  // namespace

MpiTransport::MpiTransport(MpiSession& session)
    : session_(session),
      mailbox_(std::make_unique<Mailbox>(session)),
      workers_(static_cast<std::size_t>(session.size() - 1), Worker{.last_letter = Clock::now()}),
      looked_for_signs_(Clock::now()) {
  if (!session.scheduler()) throw InternalError("only rank 0 schedules", "MpiTransport");
}

MpiTransport::~MpiTransport() {
  try {
    close();
  } catch (const std::exception&) {
    session_.lose_peers();  // a destructor can say no more; without this the process might wait for ever
  }
}

MpiTransport::Worker& MpiTransport::worker(int rank) { return workers_.at(static_cast<std::size_t>(rank - 1)); }

void MpiTransport::send(WorkerId to, Order order) {
  if (closed_ || worker(to).parted) return;  // its loss has been reported, or will not matter any more
  mailbox_->post(to, encode_message(std::move(order)));
}

std::vector<TransportEvent> MpiTransport::poll(std::chrono::nanoseconds timeout) {
  if (closed_) return {};
  const Clock::time_point deadline = Clock::now() + timeout;
  for (Nap nap;;) {
    session_.heartbeat().expect_me(session_.waits().scheduling);
    std::vector<TransportEvent> events = receive();
    const Clock::time_point now = Clock::now();
    if (now - looked_for_signs_ >= session_.waits().beat) {
      looked_for_signs_ = now;
      add_signs_of_life(events);
    }
    if (!events.empty() || now >= deadline) return events;
    nap.rest(deadline - now);
  }
}

void MpiTransport::await_disk() {
  if (!closed_) session_.heartbeat().expect_me(session_.waits().saving);
}

void MpiTransport::back_from_disk() {
  if (!closed_) session_.heartbeat().expect_me(session_.waits().scheduling);
}

std::vector<TransportEvent> MpiTransport::receive() {
  std::vector<TransportEvent> events;
  for (const Letter& letter : mailbox_->collect()) {
    Worker& sender = worker(letter.from);
    sender.last_letter = Clock::now();
    if (!sender.parted) events.push_back(read(letter));
  }
  return events;
}

TransportEvent MpiTransport::read(const Letter& letter) {
  Worker& sender = worker(letter.from);
  try {
    Message message = decode_message(letter.bytes);
    if (const auto* parting = std::get_if<Parting>(&message)) {
      sender.parted = true;
      sender.together = parting->ending == Ending::together;
    }
    return std::visit(EventOf{letter.from}, message);
  } catch (const std::exception& error) {
    sender.parted = true;  // it may be alive, but nothing it says can be trusted
    return WorkerLost{letter.from, error.what()};
  }
}

void MpiTransport::add_signs_of_life(std::vector<TransportEvent>& events) {
  for (int rank = 1; rank < session_.size(); ++rank) {
    Worker& from = worker(rank);
    if (from.parted) continue;
    if (session_.heartbeat().left(rank)) {
      from.parted = true;
      events.push_back(WorkerLost{rank, "its process has ended"});
    } else if (const std::uint64_t signs = session_.heartbeat().signs(rank); signs != from.signs) {
      from.signs = signs;
      events.push_back(WorkerBeat{rank});
    }
  }
}

void MpiTransport::post_all(const std::string& bytes) {
  for (int rank = 1; rank < session_.size(); ++rank) mailbox_->post(rank, bytes);
}

void MpiTransport::close() {
  if (std::exchange(closed_, true)) return;
  session_.heartbeat().expect_me(session_.waits().scheduling);
  post_all(encode_message(Stop{}));
  await_goodbyes();
  bid_farewell();
  session_.heartbeat().expect_me_no_more();  // what comes is the end: results may take long to write
}

bool MpiTransport::is_awaited(int rank, Clock::time_point now) const {
  const Worker& w = workers_.at(static_cast<std::size_t>(rank - 1));
  const auto silent = std::min<std::chrono::nanoseconds>(now - w.last_letter, session_.heartbeat().silence(rank));
  return !w.parted && !session_.heartbeat().left(rank) && silent < session_.waits().not_awaited;
}

void MpiTransport::await_goodbyes() {
  const Clock::time_point deadline = Clock::now() + session_.waits().goodbyes;
  for (Nap nap;;) {
    receive();
    const Clock::time_point now = Clock::now();
    int rank = 0;
    if (now >= deadline ||
        std::none_of(workers_.begin(), workers_.end(), [&](const Worker&) { return is_awaited(++rank, now); }))
      return;
    nap.rest(deadline - now);
  }
}

void MpiTransport::bid_farewell() {
  const bool together = session_.may_meet() && std::all_of(workers_.begin(), workers_.end(),
                                                           [](const Worker& w) { return w.parted && w.together; });
  if (!together) session_.lose_peers();
  post_all(encode_message(Parting{together ? Ending::together : Ending::alone, ""}));
  const Clock::time_point deadline = Clock::now() + session_.waits().farewell_taken;
  for (Nap nap; Clock::now() < deadline;) {
    mailbox_->collect();
    int rank = 0;
    const bool sending = std::any_of(workers_.begin(), workers_.end(),
                                     [&](const Worker& w) { return mailbox_->sending(++rank) && w.parted; });
    if (!sending) return;
    nap.rest(deadline - Clock::now());
  }
}

}  // namespace lorasweep
