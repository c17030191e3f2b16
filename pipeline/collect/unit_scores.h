// SPDX-License-Identifier: Apache-2.0
// What the records of one search, baseline or control come to.
#pragma once

#include "data/results/sweep_results.h"
#include "pipeline/collect/merge_runs.h"

#include <cstdint>
#include <limits>
#include <vector>

namespace lorasweep {

struct Score {
  static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  double lorahub = unknown, lmeval = unknown;  ///< percent
};

/// Unknown unless every answer is there: a percentage of some of them would mislead.
Score score(const MergedUnit& unit, const Manifest::Task& task);

/// The places in the test set whose prompts were cut; null: not known.
const std::vector<std::int32_t>* cut_inputs(const Manifest::Task& task, Subject of);
InputCut input_cut(const std::vector<std::int32_t>* cut, std::uint32_t example);

/// The evaluation with the lowest objective; null: none has a finite one.
const EvaluationRecord* best_of(const MergedUnit& unit);

}  // namespace lorasweep
