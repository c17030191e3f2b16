// SPDX-License-Identifier: Apache-2.0
// Adapters alone on the shots of tasks, as a table.
#pragma once

#include "data/results/sweep_results.h"
#include "pipeline/collect/merge_runs.h"

#include <optional>

namespace lorasweep {

/// Nothing if no adapter was tried alone. What was not tried, or failed, is NaN. Draws are those of
/// `merged.replicates`, in their order.
std::optional<ScreenedAdapters> screened_adapters(const MergedRuns& merged);

}  // namespace lorasweep
