// SPDX-License-Identifier: Apache-2.0
// Time that passed, and time that this process computed in.
#pragma once

#include <ctime>

namespace lorasweep {

class Stopwatch {
 public:
  double wall() const { return now(CLOCK_MONOTONIC) - wall_; }
  double cpu() const { return now(CLOCK_PROCESS_CPUTIME_ID) - cpu_; }

 private:
  static double now(clockid_t clock) {
    timespec time = {};
    clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  }
  double wall_ = now(CLOCK_MONOTONIC), cpu_ = now(CLOCK_PROCESS_CPUTIME_ID);
};

}  // namespace lorasweep
