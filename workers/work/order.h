// SPDX-License-Identifier: Apache-2.0
// A request and its answer, the same two values all the way: the dispatcher makes an Order, a transport carries it, the
// worker's loop takes it up; a Report goes back the same way and is journaled.
#pragma once

#include "workers/work/work.h"

#include <cstdint>

namespace lorasweep {

using UnitId = std::uint64_t;

/// One attempt at a unit of work.
struct Order {
  UnitId unit = 0;
  std::uint32_t attempt = 0;  ///< from 0, counted for each unit
  Work work;
  bool operator==(const Order&) const = default;
};

/// What became of an order. A WorkFailure as outcome: the worker could not do it.
struct Report {
  UnitId unit = 0;
  std::uint32_t attempt = 0;
  double seconds = 0;  ///< spent on it by the worker
  Outcome outcome;
  bool operator==(const Report&) const = default;
};

}  // namespace lorasweep
