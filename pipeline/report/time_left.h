// SPDX-License-Identifier: Apache-2.0
// How long a sweep still takes: from the work that is left, what such work has taken so far, and how much of the
// workers' time the sweep has been getting lately. Work is in units of cost (pipeline/run/costs.h), so that long
// examples count for more than short ones.
#pragma once

#include <optional>
#include <vector>

namespace lorasweep {

/// Work of one kind: evaluations, or the answers of one subject.
struct KindOfWork {
  double left = 0;     ///< cost of what is not done yet
  double done = 0;     ///< cost of what was measured ...
  double seconds = 0;  ///< ... and the workers' seconds that it took, both added up
};

struct WorkLeft {
  KindOfWork evaluations;
  std::vector<KindOfWork> answers;  ///< by subject
  double longest_chain = 0;         ///< cost of the evaluations that can only be made one after the other
  int workers = 1;
};

/// `speed`: workers' seconds that go into the sweep in a second, as measured; at most as many as there are workers.
/// Evaluations go on at that speed, but none ends before the longest chain has; answers get all workers. What no work
/// of its kind has measured yet counts as other answers, or as evaluations, of the same cost. Nothing: nothing is
/// known.
std::optional<double> seconds_left(const WorkLeft& work, double speed);

}  // namespace lorasweep
