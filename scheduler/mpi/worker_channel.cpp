// SPDX-License-Identifier: Apache-2.0
// Two queues under one lock, and the codec on the compute thread's side of them.
#include "scheduler/mpi/worker_channel.h"

#include "scheduler/message.h"

#include <utility>
#include <variant>

namespace lorasweep {

std::optional<Order> WorkerChannel::receive(bool wait) {
  std::unique_lock lock(mutex_);
  if (wait) order_there_.wait(lock, [&] { return closed_ || !orders_.empty(); });
  if (orders_.empty()) return std::nullopt;
  const std::string bytes = std::move(orders_.front());
  orders_.pop_front();
  lock.unlock();
  return std::get<Order>(decode_message(bytes));
}

bool WorkerChannel::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

void WorkerChannel::send(Report report) {
  std::string bytes = encode_message(std::move(report));
  const std::lock_guard lock(mutex_);
  reports_.push_back(std::move(bytes));
  report_there_.notify_one();
}

void WorkerChannel::deliver(std::string order) {
  const std::lock_guard lock(mutex_);
  if (!closed_) {
    orders_.push_back(std::move(order));
    order_there_.notify_one();
  }
}

void WorkerChannel::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  orders_.clear();
  order_there_.notify_all();
}

void WorkerChannel::end(std::string failure) {
  const std::lock_guard lock(mutex_);
  ended_ = std::move(failure);
  report_there_.notify_one();
}

std::optional<std::string> WorkerChannel::ended() const {
  const std::lock_guard lock(mutex_);
  return ended_;
}

void WorkerChannel::await_end(std::chrono::milliseconds timeout) const {
  std::unique_lock lock(mutex_);
  report_there_.wait_for(lock, timeout, [&] { return ended_.has_value(); });
}

std::vector<std::string> WorkerChannel::take_reports(std::chrono::microseconds timeout) {
  std::unique_lock lock(mutex_);
  if (!ended_) report_there_.wait_for(lock, timeout, [&] { return !reports_.empty() || ended_; });
  return std::exchange(reports_, {});
}

}  // namespace lorasweep
