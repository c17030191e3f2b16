// SPDX-License-Identifier: Apache-2.0
// What a sweep found, as a table for people.
#pragma once

#include "data/results/sweep_results.h"

#include <string>

namespace lorasweep {

/// A row per task and one of averages over tasks: accuracy in percent (LoraHub's rule) of the base model without and
/// with shots in its input, and of the found models, mean and best over seeds. What is not known is "-". A row in
/// which seeds are missing says of how many its mean and best are. All averages are over the same tasks: those with all
/// seeds and without a gap in the columns that have any value; where these are not all tasks, the row says how many
/// they are. Ends with a newline.
std::string summary_table(const Summary& summary);

}  // namespace lorasweep
