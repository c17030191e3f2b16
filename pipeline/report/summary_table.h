// SPDX-License-Identifier: Apache-2.0
// The table that ends a sweep.
#pragma once

#include "data/results/sweep_results.h"

#include <string>

namespace lorasweep {

/// A row for every task and their average, in at most 100 columns where nothing is missing: accuracies (percent,
/// LoraHub's rule) of the base model and of the controls that were asked for, of the searches the mean over seeds with
/// its 95 % interval and the seed that the shots would choose, and a sign for each comparison. What is not known is
/// "-". A row in which seeds are missing says of how many it is. All averages are over the same tasks: those with all
/// seeds and without a gap in the columns that have any value; where these are not all tasks, the row says how many
/// they are. Below it, comparisons over tasks. Ends with a newline.
std::string summary_table(const SweepResults& results);

}  // namespace lorasweep
