// SPDX-License-Identifier: Apache-2.0
// Where units of work come from and where their results go. The scheduler sees bytes, an id and a cost; it knows no
// LoRA.
#pragma once

#include "workers/work/channel.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lorasweep {

using UnitId = std::uint64_t;
using WorkerId = std::int32_t;  ///< MPI rank, or the number of a local worker thread (from 1)

/// One leased thing. The payload is opaque to the scheduler (scheduler/work_codec.h makes and reads it).
struct Unit {
  UnitId id = 0;    ///< never reused by a source
  double cost = 1;  ///< expected work in the source's own unit; the scheduler learns seconds per unit of cost
  std::string payload;
};

struct Completion {
  UnitId unit = 0;
  WorkerId worker = 0;
  std::uint32_t attempt = 0;
  double seconds = 0;   ///< on the worker
  std::string payload;  ///< the encoded Outcome (never a WorkFailure: those are the scheduler's business)
};

/// Implemented by the pipeline. Called from the scheduler's thread only.
class WorkSource {
 public:
  virtual ~WorkSource() = default;
  /// The most urgent unit that is ready and fits the worker; nullopt: nothing is ready now (more may be after a
  /// completion).
  virtual std::optional<Unit> next(const WorkerCapacity& capacity) = 0;
  /// Results that arrived together, each unit exactly once. They are durable when this returns.
  virtual void complete(std::vector<Completion> completions) = 0;
  /// The unit failed for good (poison rule); the sweep goes on without it.
  virtual void abandon(UnitId unit, const std::string& reason) = 0;
  /// Nothing is ready, nothing is out, nothing will come.
  virtual bool finished() const = 0;
};

}  // namespace lorasweep
