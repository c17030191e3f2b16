// SPDX-License-Identifier: Apache-2.0
// Medians of repetitions that take turns, so that what else the machine does falls on all cases alike.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace lorasweep::bench {

class Repetitions {
 public:
  /// `seconds` does the work once and tells how long it took. Returns the case's number.
  std::size_t add(std::function<double()> seconds);
  /// Every case `warm_up` times, unmeasured; then all cases in turns.
  void run(int warm_up, int repetitions);
  double median(std::size_t number) const;

 private:
  struct Case {
    std::function<double()> seconds;
    std::vector<double> samples;
  };
  std::vector<Case> cases_;
};

/// How long `work` takes.
double seconds_of(const std::function<void()>& work);

}  // namespace lorasweep::bench
