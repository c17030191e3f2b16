// SPDX-License-Identifier: Apache-2.0
// Rank 0's end of the wire: every other rank of the job is a worker, its WorkerId is its rank.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "scheduler/mpi/mpi_session.h"
#include "scheduler/transport.h"
#include "scheduler/waits.h"

namespace lorasweep {

class Mailbox;
struct Letter;

struct MpiTransportOptions {
  std::chrono::milliseconds beat_interval = waits::beat;  ///< rank 0's own signs of life, sent by poll
  /// close waits for no worker that was not heard for so long
  std::chrono::milliseconds not_awaited_after = waits::not_awaited;
  std::chrono::milliseconds goodbyes = waits::goodbyes;  ///< close waits for no worker longer than this
};

/// Keep it, and call poll, as long as workers are to live: they leave when rank 0 is silent for minutes
/// (MpiWorkerOptions::scheduler_lost_after). One at a time in a job; the session must outlive it.
class MpiTransport final : public Transport {
 public:
  explicit MpiTransport(MpiSession& session, MpiTransportOptions options = {});
  ~MpiTransport() override;  ///< closes

  void send(WorkerId worker, Order order) override;
  std::vector<TransportEvent> poll(std::chrono::nanoseconds timeout) override;
  /// Reports that arrive from now on are dropped. If a worker did not take its leave in time,
  /// session.lose_peers() is called: the process will end without MPI_Finalize, and so will the workers.
  void close() override;

 private:
  using Clock = std::chrono::steady_clock;
  struct Worker {
    Clock::time_point last_heard;
    bool parted = false;    // it said goodbye, or what it said made no sense
    bool together = false;  // it said it would come to MPI_Finalize
  };

  Worker& worker(int rank);
  std::vector<TransportEvent> receive();
  TransportEvent read(const Letter& letter);
  void post_all(const std::string& bytes);
  void beat();
  void await_goodbyes();
  void bid_farewell();

  MpiSession& session_;
  MpiTransportOptions options_;
  std::unique_ptr<Mailbox> mailbox_;
  std::vector<Worker> workers_;  // of rank 1, 2, ...
  Clock::time_point last_beat_;
  bool closed_ = false;
};

}  // namespace lorasweep
