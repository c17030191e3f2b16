// SPDX-License-Identifier: Apache-2.0
// The worker's only view of the outside: it receives orders and sends reports.
#pragma once

#include "workers/work/order.h"

#include <cstdint>
#include <optional>

namespace lorasweep {

/// How much a worker takes in one unit. A CPU core gains nothing from more than one member; a GPU wants many.
struct WorkerCapacity {
  std::int32_t members = 1;       ///< of an EvaluateWork or a PredictWork
  std::int32_t predictions = 32;  ///< examples of a PredictWork, of all members together
  bool operator==(const WorkerCapacity&) const = default;
};

/// Implemented by the scheduler's transports (threads, MPI). Called from one thread, the worker's.
class Channel {
 public:
  virtual ~Channel() = default;
  /// The next order, in the order of arrival. Waits without using a core; nullopt: no more work will come.
  /// With `wait` false it returns at once, nullopt then meaning "none now".
  virtual std::optional<Order> receive(bool wait) = 0;
  virtual bool closed() const = 0;  ///< no more work will come
  virtual void send(Report report) = 0;
};

}  // namespace lorasweep
