// SPDX-License-Identifier: Apache-2.0
// What a search is compared with, in words.
#pragma once

#include "data/journal/subject.h"
#include "data/results/sweep_results.h"

#include <string>
#include <vector>

namespace lorasweep {

/// Those that the statistics compare a search with, in the order of signs in the table.
std::vector<Subject> opponents_in(const Statistics& statistics);

/// Lines below the table: differences over tasks, how many searches ended below the base model, and who answered where
/// there is a guard. Empty if there is nothing to compare.
std::string comparison_lines(const SweepResults& results);

}  // namespace lorasweep
