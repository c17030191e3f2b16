// SPDX-License-Identifier: Apache-2.0
// The desk between a worker's two threads: the main thread does MPI, the compute thread does the work.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/message.h"
#include "workers/work/channel.h"

namespace lorasweep {

/// The Channel part is the compute thread's, the rest the main thread's. Works are decoded and reports
/// encoded on the compute thread, so that the main thread always gets round to the heartbeat.
class WorkerChannel final : public Channel {
 public:
  std::optional<WorkOrder> receive(bool wait) override;
  bool closed() const override;
  void send(WorkReport report) override;

  void deliver(Order order);
  /// No more work will come; orders that nobody has taken yet are dropped, for nobody waits for their reports
  /// any more.
  void close();
  /// The compute thread has ended; `failure` is empty if nothing went wrong.
  void end(std::string failure);
  std::optional<std::string> ended() const;
  /// Waits up to `timeout` for the compute thread's end.
  void await_end(std::chrono::milliseconds timeout) const;
  /// The encoded reports that are there; waits up to `timeout` for the first, or for the end.
  std::vector<std::string> take_reports(std::chrono::microseconds timeout);

 private:
  mutable std::mutex mutex_;
  std::condition_variable order_there_;
  mutable std::condition_variable report_there_;  // or the end

  std::deque<Order> orders_;
  std::vector<std::string> reports_;
  std::optional<std::string> ended_;
  bool closed_ = false;
};

}  // namespace lorasweep
