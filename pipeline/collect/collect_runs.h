// SPDX-License-Identifier: Apache-2.0
// `lorasweep collect`: the journals of several runs become one results file.
#pragma once

#include "data/core/error.h"
#include "data/results/results_writer.h"
#include "pipeline/collect/build_results.h"

#include <filesystem>
#include <vector>

namespace lorasweep {

/// Writes `output`, whole or not at all, and prints the table of accuracies to stdout. Returns failed_units if the runs
/// hold units that failed or are not finished.
ExitCode collect_runs(const std::vector<std::filesystem::path>& runs, const std::filesystem::path& output,
                      const ResultsRequest& request = {}, const ReadBack& read_back = read_back_here);

}  // namespace lorasweep
