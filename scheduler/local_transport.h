// SPDX-License-Identifier: Apache-2.0
// Workers as threads of this process.
#pragma once

#include "scheduler/transport.h"
#include "scheduler/waits.h"
#include "workers/work/channel.h"

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <thread>
#include <vector>

namespace lorasweep {

class LocalTransport final : public Transport {
 public:
  /// What a worker thread does: serve its channel until that closes. An exception is the loss of the worker.
  using Body = std::function<void(Channel& channel, WorkerId worker)>;

  /// Starts `workers` threads, numbered from 1; one that cannot be started is lost, but std::system_error if none can
  /// be. Threads of one process live until they end: poll() says so every `beat`, however long a thread is at one unit.
  LocalTransport(int workers, WorkerCapacity capacity, Body body, std::chrono::nanoseconds beat = Waits{}.beat);
  ~LocalTransport() override;  ///< closes

  void send(WorkerId worker, Order order) override;
  std::vector<TransportEvent> poll(std::chrono::nanoseconds timeout) override;
  /// Orders that no worker has begun are dropped; waits until the workers have finished what they are at.
  void close() override;
  /// Workers that are not lost, as far as poll() said; others will not come.
  std::size_t workers_left() const { return alive_.size(); }

 private:
  class Inbox;
  class WorkerQueue;
  WorkerQueue& queue(WorkerId worker);
  void work(WorkerId id, WorkerCapacity capacity, const Body& body);
  void note_losses(const std::vector<TransportEvent>& events);
  std::unique_ptr<Inbox> inbox_;
  std::vector<std::unique_ptr<WorkerQueue>> queues_;
  std::set<WorkerId> alive_;
  std::chrono::nanoseconds beat_;
  std::chrono::steady_clock::time_point last_beat_;
  std::vector<std::jthread> threads_;
};

}  // namespace lorasweep
