// SPDX-License-Identifier: Apache-2.0
// Letters to and from the worker ranks as transport events, and the orderly end of the job.
#include "scheduler/mpi/mpi_transport.h"

#include <algorithm>
#include <cstddef>
#include <exception>
#include <utility>

#include "data/core/error.h"
#include "scheduler/message.h"
#include "scheduler/mpi/mailbox.h"
#include "scheduler/mpi/nap.h"

namespace lorasweep {
namespace {

/// What a worker may say, as an event about it.
struct EventOf {
  WorkerId worker;

  TransportEvent operator()(const Hello& hello) const { return WorkerJoined{worker, hello.capacity}; }
  TransportEvent operator()(Report& report) const { return WorkerReported{worker, std::move(report)}; }
  TransportEvent operator()(const Beat&) const { return WorkerBeat{worker}; }
  TransportEvent operator()(const Parting& parting) const {
    return WorkerLost{worker, parting.reason.empty() ? "it left" : parting.reason};
  }
  TransportEvent operator()(const Order&) const { throw InternalError("a worker sent an order", "MPI message"); }
  TransportEvent operator()(const Stop&) const { throw InternalError("a worker sent a stop", "MPI message"); }
};

}  // namespace

MpiTransport::MpiTransport(MpiSession& session, MpiTransportOptions options)
    : session_(session),
      options_(options),
      mailbox_(std::make_unique<Mailbox>(session)),
      workers_(static_cast<std::size_t>(session.size() - 1), Worker{.last_heard = Clock::now()}),
      last_beat_(Clock::now()) {
  if (!session.scheduler()) {
    throw InternalError("only rank 0 schedules", "MpiTransport");
  }
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
  if (closed_ || worker(to).parted) {
    return;  // its loss has been reported, or will not matter any more
  }
  mailbox_->post(to, encode_message(std::move(order)));
}

std::vector<TransportEvent> MpiTransport::poll(std::chrono::nanoseconds timeout) {
  if (closed_) {
    return {};
  }
  const Clock::time_point deadline = Clock::now() + timeout;
  for (Nap nap;;) {
    beat();
    std::vector<TransportEvent> events = receive();
    const Clock::time_point now = Clock::now();
    if (!events.empty() || now >= deadline) {
      return events;
    }
    nap.rest(deadline - now);
  }
}

std::vector<TransportEvent> MpiTransport::receive() {
  std::vector<TransportEvent> events;
  for (const Letter& letter : mailbox_->collect()) {
    Worker& sender = worker(letter.from);
    sender.last_heard = Clock::now();
    if (!sender.parted) {
      events.push_back(read(letter));
    }
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

void MpiTransport::post_all(const std::string& bytes) {
  for (int rank = 1; rank < session_.size(); ++rank) {
    mailbox_->post(rank, bytes);
  }
}

void MpiTransport::beat() {
  const Clock::time_point now = Clock::now();
  if (now - last_beat_ < options_.beat_interval) {
    return;
  }
  last_beat_ = now;
  const std::string bytes = encode_message(Beat{});
  for (int rank = 1; rank < session_.size(); ++rank) {
    if (!mailbox_->sending(rank)) {  // what it has not taken yet would be a sign of life too; a dead rank
                                     // gets no heap of beats
      mailbox_->post(rank, bytes);
    }
  }
}

void MpiTransport::close() {
  if (std::exchange(closed_, true)) {
    return;
  }
  post_all(encode_message(Stop{}));
  await_goodbyes();
  bid_farewell();
}

void MpiTransport::await_goodbyes() {
  const Clock::time_point deadline = Clock::now() + options_.goodbyes;
  for (Nap nap;;) {
    beat();
    receive();  // first, so that whoever spoke while nobody listened does not count as silent
    const Clock::time_point now = Clock::now();
    const auto expected = [&](const Worker& w) { return !w.parted && now - w.last_heard < options_.not_awaited_after; };
    if (now >= deadline || std::none_of(workers_.begin(), workers_.end(), expected)) {
      return;
    }
    nap.rest(deadline - now);
  }
}

void MpiTransport::bid_farewell() {
  const bool together =
      std::all_of(workers_.begin(), workers_.end(), [](const Worker& w) { return w.parted && w.together; });
  if (!together) {
    session_.lose_peers();
  }
  post_all(encode_message(Parting{together ? Ending::together : Ending::alone, ""}));
  const Clock::time_point deadline = Clock::now() + waits::farewell_taken;
  for (Nap nap; Clock::now() < deadline;) {
    mailbox_->collect();
    int rank = 0;
    const bool sending = std::any_of(workers_.begin(), workers_.end(),
                                     [&](const Worker& w) { return mailbox_->sending(++rank) && w.parted; });
    if (!sending) {
      return;
    }
    nap.rest(deadline - Clock::now());
  }
}

}  // namespace lorasweep
