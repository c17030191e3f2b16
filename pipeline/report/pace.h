// SPDX-License-Identifier: Apache-2.0
// How fast a sweep is at the moment, and how long it still takes: what the line of progress and the live note say.
#pragma once

#include "pipeline/report/progress.h"
#include "pipeline/report/time_left.h"

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

namespace lorasweep {

/// Measures over the last minute, and from where the sweep was when this process took it up. Not thread-safe.
class Pace {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// Where the sweep stands now; from the first call on. Call it some times a second at most.
  void update(const ProgressState& state, const WorkLeft& work, Time now);
  /// As of the last update.
  const ProgressView& view() const { return view_; }

 private:
  struct Sample {
    Time at;
    double busy;  ///< workers' seconds so far
    std::uint64_t evaluations, answers;
  };
  void measure(const Sample& now);
  std::optional<double> rate(std::uint64_t Sample::*count) const;

  std::deque<Sample> samples_;  ///< the first is where the window begins
  double speed_ = 0;
  bool searching_ = true;
  ProgressView view_;
};

}  // namespace lorasweep
