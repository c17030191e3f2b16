// SPDX-License-Identifier: Apache-2.0
// What units of work cost, in tokens: for their order, their size, and the scheduler's deadlines.
#pragma once

#include "pipeline/plan/plan.h"

#include <cstdint>
#include <vector>

namespace lorasweep {

class Costs {
 public:
  /// The plan must outlive it.
  explicit Costs(const Plan& plan);

  /// One candidate of a search: all tokens of its shots.
  double evaluation(std::size_t search) const { return evaluation_of_set_[plan_.searches[search].example_set]; }
  /// The same of any composition on a set of shots.
  double evaluation_on(std::int32_t set_of_shots) const { return evaluation_of_set_[set_of_shots]; }
  /// One answer: the example's source, and what decoding costs beside reading it. `example`: index into the catalogue.
  double answer(std::int32_t example) const;

 private:
  const Plan& plan_;
  std::vector<double> evaluation_of_set_;  ///< on each example set
};

}  // namespace lorasweep
