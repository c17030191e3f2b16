// SPDX-License-Identifier: Apache-2.0
// What does a worker's work: starts it, and says when the result is there.
#pragma once

#include "workers/ops.h"
#include "workers/work/channel.h"
#include "workers/work/work.h"

#include <memory>
#include <optional>

namespace lorasweep {

/// Work that was started. Results need not be there yet: a device computes while the host prepares the next work.
class Pending {
 public:
  virtual ~Pending() = default;
  virtual bool ready() = 0;      ///< finish() will not block
  virtual Outcome finish() = 0;  ///< waits; called once
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual WorkerCapacity capacity() const = 0;
  /// Enqueues the work. Throws if it cannot be done (an index out of range, out of memory); the engine stays usable.
  virtual std::unique_ptr<Pending> start(const Work& work) = 0;
  /// What its device has done so far; nothing on a device that does not count.
  virtual std::optional<OpsCounters> counters() const { return std::nullopt; }
};

}  // namespace lorasweep
