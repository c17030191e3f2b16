// SPDX-License-Identifier: Apache-2.0
// Two queues under one lock, and the codec on the compute thread's side of them.
#include "scheduler/mpi/worker_channel.h"

#include <utility>
#include <variant>

#include "scheduler/work_codec.h"

namespace lorasweep {
namespace {

Report to_report(WorkReport report) {
  Report message{
      .unit = report.unit, .attempt = report.attempt, .seconds = report.seconds, .payload = {}, .failure = {}};
  if (auto* failure = std::get_if<WorkFailure>(&report.outcome)) {
    message.failure = failure->reason.empty() ? "unknown" : std::move(failure->reason);
  } else {
    message.payload = encode_outcome(report.outcome);
  }
  return message;
}

}  // namespace

std::optional<WorkOrder> WorkerChannel::receive(bool wait) {
  std::unique_lock lock(mutex_);
  if (wait) {
    order_there_.wait(lock, [&] { return closed_ || !orders_.empty(); });
  }
  if (orders_.empty()) {
    return std::nullopt;
  }
  const Order order = std::move(orders_.front());
  orders_.pop_front();
  lock.unlock();
  return WorkOrder{order.unit, order.attempt, decode_work(order.payload)};
}

bool WorkerChannel::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

void WorkerChannel::send(WorkReport report) {
  std::string bytes = encode_message(to_report(std::move(report)));
  const std::lock_guard lock(mutex_);
  reports_.push_back(std::move(bytes));
  report_there_.notify_one();
}

void WorkerChannel::deliver(Order order) {
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
  if (!ended_) {
    report_there_.wait_for(lock, timeout, [&] { return !reports_.empty() || ended_; });
  }
  return std::exchange(reports_, {});
}

}  // namespace lorasweep
