// SPDX-License-Identifier: Apache-2.0
// Rank 0's side of the connection: every other rank of the job is a worker, its WorkerId is its rank.
#pragma once

#include "scheduler/mpi/mpi_session.h"
#include "scheduler/transport.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace lorasweep {

class Mailbox;
struct Letter;

/// Keep it, and call poll, as long as workers are to live: they leave when rank 0 does not look at its letters for too
/// long (Waits::scheduling, and Waits::saving where it awaits a disk). One at a time in a job; the session must outlive
/// it.
class MpiTransport final : public Transport {
 public:
  explicit MpiTransport(MpiSession& session);
  ~MpiTransport() override;  ///< closes

  void send(WorkerId worker, Order order) override;
  std::vector<TransportEvent> poll(std::chrono::nanoseconds timeout) override;
  void await_disk() override;
  void back_from_disk() override;
  /// Reports that arrive from now on are dropped. If a worker did not take its leave in time, session.lose_peers() is
  /// called: the process will end without MPI_Finalize, and so will the workers.
  void close() override;

 private:
  using Clock = std::chrono::steady_clock;
  struct Worker {
    Clock::time_point last_letter;
    std::uint64_t signs = 0;  // of life, that were passed on
    bool parted = false;      // it said goodbye, or what it said made no sense
    bool together = false;    // it said it would come to MPI_Finalize
  };

  Worker& worker(int rank);
  std::vector<TransportEvent> receive();
  TransportEvent read(const Letter& letter);
  void add_signs_of_life(std::vector<TransportEvent>& events);
  void post_all(const std::string& bytes);
  bool is_awaited(int rank, Clock::time_point now) const;
  void await_goodbyes();
  void bid_farewell();

  MpiSession& session_;
  std::unique_ptr<Mailbox> mailbox_;
  std::vector<Worker> workers_;  // of rank 1, 2, ...
  Clock::time_point looked_for_signs_;
  bool closed_ = false;
};

}  // namespace lorasweep
