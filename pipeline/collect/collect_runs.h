// SPDX-License-Identifier: Apache-2.0
// `lorasweep collect`: the journals of several runs become one results file.
#pragma once

#include "data/core/error.h"
#include "data/results/results_writer.h"
#include "pipeline/collect/build_results.h"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <vector>

namespace lorasweep {

/// Says what was collected into which file, with how many failed trials (failed_trials.h).
using TellCollected =
    std::function<ExitCode(const SweepResults& results, const std::filesystem::path& file, std::size_t failed_trials)>;
/// Prints the table of accuracies to stdout. Returns failed_units if the runs hold units that failed or are not
/// finished.
ExitCode tell_people(const SweepResults& results, const std::filesystem::path& file, std::size_t failed_trials);

/// Writes `output`, whole or not at all, and tells; returns what that returns.
ExitCode collect_runs(const std::vector<std::filesystem::path>& runs, const std::filesystem::path& output,
                      const ResultsRequest& request = {}, const ReadBack& read_back = read_back_here,
                      const TellCollected& tell = tell_people);

}  // namespace lorasweep
