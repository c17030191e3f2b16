// SPDX-License-Identifier: Apache-2.0
// How many things the device's memory takes at once: learned by failing, remembered afterwards.
#pragma once

#include <cstddef>
#include <functional>
#include <limits>

namespace lorasweep {

class FittingBatch {
 public:
  using Attempt = std::function<void(std::size_t first, std::size_t count)>;

  /// Does things 0 .. total - 1, in order, as many at a time as fit. Where `attempt` throws OutOfDeviceMemory,
  /// `release` gives back what is kept between calls and the same part is tried again; then half of it, and so on.
  /// OutOfDeviceMemory passes for one thing that does not fit alone.
  void run(std::size_t total, const Attempt& attempt, const std::function<void()>& release);

  /// What later parts are bounded by; the largest number until something failed.
  std::size_t limit() const { return limit_; }

 private:
  std::size_t limit_ = std::numeric_limits<std::size_t>::max();
};

}  // namespace lorasweep
