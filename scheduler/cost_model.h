// SPDX-License-Identifier: Apache-2.0
// How long a unit may take: seconds per unit of cost, learned from what came back.
#pragma once

#include <chrono>

namespace lorasweep {

class CostModel {
 public:
  struct Options {
    std::chrono::duration<double> shortest_lease{120};  ///< nothing is taken back earlier, whatever was learned
    std::chrono::duration<double> first_lease{3600};    ///< while nothing is known
    double patience = 10;                               ///< times the slowest rate seen lately
  };
  explicit CostModel(Options options) : options_(options) {}

  void learn(double cost, double seconds);
  /// How long a unit of this cost may be out before somebody else gets it.
  std::chrono::nanoseconds lease(double cost) const;

 private:
  Options options_;
  double seconds_per_cost_ = 0;  ///< a slowly forgetting maximum; 0: nothing known
};

}  // namespace lorasweep
