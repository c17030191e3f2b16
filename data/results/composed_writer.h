// SPDX-License-Identifier: Apache-2.0
// Composed models into a results file: how they lie there is in composed_index.h.
#pragma once

#include "data/results/results_sink.h"
#include "data/results/sweep_results.h"

namespace lorasweep {

/// `results.composed` in the order that it has. One model's numbers are in memory at a time.
void write_composed(ResultsSink& sink, const SweepResults& results);

}  // namespace lorasweep
