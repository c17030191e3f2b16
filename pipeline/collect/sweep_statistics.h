// SPDX-License-Identifier: Apache-2.0
// What chance alone could have done, for all answers of a results file (docs/statistics.md).
#pragma once

#include "data/results/sweep_results.h"

namespace lorasweep {

/// Makes `results.statistics` and the columns of `results.summary` that follow from others (by_shots,
/// n_below_zero_shot, most_below_zero_shot) anew, from summary and predictions: the same answers give the same bits.
void add_statistics(SweepResults& results);

}  // namespace lorasweep
