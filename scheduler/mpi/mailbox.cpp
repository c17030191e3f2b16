// SPDX-License-Identifier: Apache-2.0
// Nonblocking point-to-point messages over MPI_COMM_WORLD.
#include "scheduler/mpi/mailbox.h"

#include "data/core/error.h"

#include <cstddef>
#include <limits>
#include <utility>

namespace lorasweep {
namespace {

constexpr int letter_tag = 1;

bool done(MPI_Request& request) {
  int flag = 0;
  check_mpi(MPI_Test(&request, &flag, MPI_STATUS_IGNORE), "MPI_Test");
  return flag != 0;
}

/// What MPI may still touch: never destroyed. Moving a deque leaves its elements where they are.
template <typename T>
std::vector<T>& kept_for_mpi() {
  static auto* const abandoned = new std::vector<T>;
  return *abandoned;
}

}  // namespace

Mailbox::Mailbox(const MpiSession& session) : session_(session), peers_(static_cast<std::size_t>(session.size())) {}

Mailbox::~Mailbox() {
  for (Peer& peer : peers_)
    if (!peer.out.empty() || !peer.in.empty()) kept_for_mpi<Peer>().push_back(std::move(peer));
}

Mailbox::Peer& Mailbox::peer(int rank) { return peers_.at(static_cast<std::size_t>(rank)); }

void Mailbox::post(int to, std::string bytes) {
  if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    throw InternalError("a message of " + std::to_string(bytes.size()) + " bytes is more than MPI can carry",
                        "Mailbox::post");
  const auto turn = session_.turn();
  Transfer& transfer = peer(to).out.emplace_back(Transfer{.bytes = std::move(bytes)});
  check_mpi(MPI_Isend(transfer.bytes.data(), static_cast<int>(transfer.bytes.size()), MPI_BYTE, to, letter_tag,
                      MPI_COMM_WORLD, &transfer.request),
            "MPI_Isend");
}

void Mailbox::accept() {
  for (;;) {
    int there = 0;
    MPI_Message message = MPI_MESSAGE_NULL;
    MPI_Status status;
    check_mpi(MPI_Improbe(MPI_ANY_SOURCE, letter_tag, MPI_COMM_WORLD, &there, &message, &status), "MPI_Improbe");
    if (there == 0) return;
    int size = 0;
    check_mpi(MPI_Get_count(&status, MPI_BYTE, &size), "MPI_Get_count");
    Transfer& transfer = peer(status.MPI_SOURCE).in.emplace_back();
    transfer.bytes.resize(static_cast<std::size_t>(size));
    check_mpi(MPI_Imrecv(transfer.bytes.data(), size, MPI_BYTE, &message, &transfer.request), "MPI_Imrecv");
  }
}

void Mailbox::drop_sent(Peer& peer) {
  while (!peer.out.empty() && done(peer.out.front().request)) peer.out.pop_front();
}

std::vector<Letter> Mailbox::collect() {
  const auto turn = session_.turn();
  accept();
  std::vector<Letter> letters;
  for (std::size_t rank = 0; rank < peers_.size(); ++rank) {
    Peer& peer = peers_[rank];
    drop_sent(peer);
    while (!peer.in.empty() && done(peer.in.front().request)) {
      Transfer& transfer = peer.in.front();
      letters.push_back({static_cast<int>(rank), std::move(transfer.bytes)});
      peer.in.pop_front();
    }
  }
  return letters;
}

bool Mailbox::sending(int to) const { return !peers_.at(static_cast<std::size_t>(to)).out.empty(); }

}  // namespace lorasweep
