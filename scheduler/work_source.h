// SPDX-License-Identifier: Apache-2.0
// Where units of work come from and where their results go. The scheduler sees an id, a cost and some work; what the
// work is about it does not ask.
#pragma once

#include "workers/work/channel.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lorasweep {

using WorkerId = std::int32_t;  ///< MPI rank, or the number of a local worker thread (from 1)

/// One leased thing. Each attempt at it is an Order.
struct Unit {
  UnitId id = 0;    ///< never reused by a source
  double cost = 1;  ///< expected work in the source's own unit; the scheduler learns seconds per unit of cost
  Work work;
};

/// A worker's report on a unit.
struct WorkerReported {
  WorkerId worker = 0;
  Report report;
};

/// Implemented by the pipeline. Called from the scheduler's thread only.
class WorkSource {
 public:
  virtual ~WorkSource() = default;
  /// The most urgent unit that is ready and fits the worker; nullopt: nothing is ready now (more may be after a
  /// completion).
  virtual std::optional<Unit> next(const WorkerCapacity& capacity) = 0;
  /// Results that arrived together, each unit exactly once, never a WorkFailure: those are the scheduler's business.
  /// They are durable when this returns.
  virtual void complete(std::vector<WorkerReported> results) = 0;
  /// The unit failed for good (DispatchOptions::failures); the sweep goes on without it.
  virtual void abandon(UnitId unit, const std::string& reason) = 0;
  /// Nothing is ready, nothing is out, nothing will come.
  virtual bool finished() const = 0;
};

}  // namespace lorasweep
