// SPDX-License-Identifier: Apache-2.0
// How long a polling loop may rest: not at all while things happen, up to a millisecond when nothing does.
#pragma once

#include <chrono>

namespace lorasweep {

class Nap {
 public:
  /// Call after a round that found something to do.
  void reset() { idle_rounds_ = 0; }
  /// How long to rest after a round that found nothing: first zero (yield), then growing to a millisecond.
  std::chrono::microseconds next();
  /// Rests for next(), but not longer than `at_most`.
  void rest(std::chrono::nanoseconds at_most);

 private:
  int idle_rounds_ = 0;
};

}  // namespace lorasweep
