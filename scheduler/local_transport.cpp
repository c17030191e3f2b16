// SPDX-License-Identifier: Apache-2.0
// A queue of orders for each worker thread, and one of events for the scheduler.
#include "scheduler/local_transport.h"

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <new>
#include <system_error>
#include <utility>

namespace lorasweep {

// Events from all workers.
class LocalTransport::Inbox {
 public:
  void put(TransportEvent event) {
    {
      const std::scoped_lock lock(mutex_);
      events_.push_back(std::move(event));
    }
    arrived_.notify_one();
  }
  std::vector<TransportEvent> take(std::chrono::nanoseconds timeout) {
    std::unique_lock lock(mutex_);
    arrived_.wait_for(lock, timeout, [&] { return !events_.empty(); });
    return std::exchange(events_, {});
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<TransportEvent> events_;
};

// One worker's orders: the scheduler puts, the worker takes.
class LocalTransport::WorkerQueue final : public Channel {
 public:
  WorkerQueue(WorkerId worker, Inbox& inbox) : worker_(worker), inbox_(inbox) {}

  void put(Order order) {
    {
      const std::scoped_lock lock(mutex_);
      if (!closed_) orders_.push_back(std::move(order));
    }
    arrived_.notify_one();
  }
  void close() {
    {
      const std::scoped_lock lock(mutex_);
      closed_ = true;
      orders_.clear();
    }
    arrived_.notify_one();
  }

  std::optional<Order> receive(bool wait) override {
    std::unique_lock lock(mutex_);
    if (wait) arrived_.wait(lock, [&] { return closed_ || !orders_.empty(); });
    if (orders_.empty()) return std::nullopt;
    Order order = std::move(orders_.front());
    orders_.pop_front();
    return order;
  }
  bool closed() const override {
    const std::scoped_lock lock(mutex_);
    return closed_;
  }
  void send(Report report) override { inbox_.put(WorkerReported{worker_, std::move(report)}); }

 private:
  WorkerId worker_;
  Inbox& inbox_;
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Order> orders_;
  bool closed_ = false;
};

LocalTransport::LocalTransport(int workers, WorkerCapacity capacity, Body body, std::chrono::nanoseconds beat)
    : inbox_(std::make_unique<Inbox>()), beat_(beat), last_beat_(std::chrono::steady_clock::now()) {
  for (WorkerId id = 1; id <= workers; ++id) {
    queues_.push_back(std::make_unique<WorkerQueue>(id, *inbox_));
    alive_.insert(id);
  }
  for (WorkerId id = 1; id <= workers; ++id) try {
      threads_.emplace_back([this, id, capacity, body] { work(id, capacity, body); });
    } catch (const std::system_error& error) {  // a limit of threads, or no memory for its stack
      if (threads_.empty()) throw;
      inbox_->put(WorkerLost{id, error.what()});
    }
}

void LocalTransport::work(WorkerId id, WorkerCapacity capacity, const Body& body) {
  inbox_->put(WorkerJoined{id, capacity});
  try {
    body(queue(id), id);
    inbox_->put(WorkerLost{id, "it ended"});
  } catch (const std::bad_alloc&) {
    inbox_->put(WorkerLost{id, std::string(out_of_memory)});
  } catch (const std::exception& error) {
    inbox_->put(WorkerLost{id, error.what()});
  } catch (...) {
    inbox_->put(WorkerLost{id, "it threw something that is no exception"});
  }
}

LocalTransport::~LocalTransport() { close(); }

LocalTransport::WorkerQueue& LocalTransport::queue(WorkerId worker) {
  return *queues_.at(static_cast<std::size_t>(worker) - 1);
}

void LocalTransport::send(WorkerId worker, Order order) { queue(worker).put(std::move(order)); }

void LocalTransport::note_losses(const std::vector<TransportEvent>& events) {
  for (const TransportEvent& event : events)
    if (const auto* lost = std::get_if<WorkerLost>(&event)) alive_.erase(lost->worker);
}

std::vector<TransportEvent> LocalTransport::poll(std::chrono::nanoseconds timeout) {
  std::vector<TransportEvent> events = inbox_->take(timeout);
  note_losses(events);
  const auto now = std::chrono::steady_clock::now();
  if (now - last_beat_ >= beat_) {
    for (const WorkerId id : alive_) events.push_back(WorkerBeat{id});
    last_beat_ = now;
  }
  return events;
}

void LocalTransport::close() {
  for (const auto& queue : queues_) queue->close();
  threads_.clear();  // joins
}

}  // namespace lorasweep
