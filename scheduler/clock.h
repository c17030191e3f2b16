// SPDX-License-Identifier: Apache-2.0
// Time as the scheduler sees it: real, or simulated.
#pragma once

#include <chrono>

namespace lorasweep {

using TimePoint = std::chrono::steady_clock::time_point;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;
};

class SteadyClock final : public Clock {
 public:
  TimePoint now() const override { return std::chrono::steady_clock::now(); }
};

}  // namespace lorasweep
