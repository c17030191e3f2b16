// SPDX-License-Identifier: Apache-2.0
// What passes between a worker's two threads: the main thread does MPI, the compute thread does the work.
#pragma once

#include "workers/work/channel.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace lorasweep {

/// The Channel part is the compute thread's, the rest the main thread's. Orders are decoded and reports
/// encoded on the compute thread, so that the main thread always gets round to the heartbeat.
class WorkerChannel final : public Channel {
 public:
  /// InternalError for an order that cannot be read.
  std::optional<Order> receive(bool wait) override;
  bool closed() const override;
  void send(Report report) override;

  void deliver(std::string order);  ///< encoded
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

  std::deque<std::string> orders_;  // encoded, both
  std::vector<std::string> reports_;
  std::optional<std::string> ended_;
  bool closed_ = false;
};

}  // namespace lorasweep
