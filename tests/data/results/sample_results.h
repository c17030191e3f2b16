// SPDX-License-Identifier: Apache-2.0
// Small results with every table filled, gaps and difficult text among them. read_results_test.py knows its
// values.
#pragma once

#include "data/results/sweep_results.h"

namespace lorasweep {

/// Two tasks, two replicates, three adapter slots, four steps. Rows lie in reverse order.
SweepResults sample_results();

}  // namespace lorasweep
