// SPDX-License-Identifier: Apache-2.0
// What answers work: takes it up, and tells when the answer is there.
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
  /// What its device did so far; nothing where nobody counts.
  virtual std::optional<OpsCounters> counters() const { return std::nullopt; }
};

}  // namespace lorasweep
