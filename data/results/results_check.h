// SPDX-License-Identifier: Apache-2.0
// Whether results fit together, before they are written and after they were read.
#pragma once

#include "data/results/sweep_results.h"

#include <string>

namespace lorasweep {

/// What does not fit, in words; empty if all does: lengths of columns, names that can be groups, indices in
/// range, no search composed twice.
std::string first_contradiction(SweepResults& results);

/// A code that stands for nothing, or a step that no search has, in words; empty if there is none. For files of others.
std::string first_unknown_code(SweepResults& results);

/// Brings the rows of evaluations and predictions into the order of the file: a function of their values
/// alone.
void sort_rows(SweepResults& results);

}  // namespace lorasweep
