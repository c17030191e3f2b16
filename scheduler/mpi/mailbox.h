// SPDX-License-Identifier: Apache-2.0
// Letters between ranks that never make anybody wait: posted, carried on when asked, abandoned with a dead rank.
#pragma once

#include "scheduler/mpi/mpi_call.h"
#include "scheduler/mpi/mpi_session.h"

#include <deque>
#include <string>
#include <vector>

namespace lorasweep {

struct Letter {
  int from = 0;
  std::string bytes;  ///< an encoded Message (scheduler/message.h)
};

/// Used from the session's thread. Open MPI 4.1 reports no error for a dead rank: a send to it may "succeed" or stay
/// pending for ever, so nothing here ever waits for a request.
class Mailbox {
 public:
  explicit Mailbox(const MpiSession& session);
  /// Requests that are still open are abandoned: their buffers stay allocated, as MPI may still touch them.
  ~Mailbox();
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  /// Letters to one rank arrive in the order they were posted. At most 2 GiB each.
  void post(int to, std::string bytes);
  /// Moves everything on and returns the letters that have arrived, those of one sender in order.
  std::vector<Letter> collect();
  /// Has something posted to this rank not been taken yet? (As of the last collect.)
  bool sending(int to) const;

 private:
  struct Transfer {
    std::string bytes;
    MPI_Request request = MPI_REQUEST_NULL;
  };
  struct Peer {
    std::deque<Transfer> out;  // a deque, for its elements (and the bytes inside) stay where they are
    std::deque<Transfer> in;
  };

  Peer& peer(int rank);
  void accept();
  static void drop_sent(Peer& peer);

  const MpiSession& session_;
  std::vector<Peer> peers_;  // by rank
};

}  // namespace lorasweep
