// SPDX-License-Identifier: Apache-2.0
// Trials that no worker could evaluate: adapters alone, equal weights, ablations.
#pragma once

#include "pipeline/manifest/run_records.h"

#include <cstddef>
#include <vector>

namespace lorasweep {

/// How many trials of all runs together were given up: each counts once, and not where another run has its loss. A loss
/// that came out as not finite is a result, and no failure. InputError as merge_runs().
std::size_t failed_trials(const std::vector<RunRecords>& runs);

}  // namespace lorasweep
