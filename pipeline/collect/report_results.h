// SPDX-License-Identifier: Apache-2.0
// What a user and a script are told of results that were written.
#pragma once

#include "data/core/error.h"
#include "data/results/sweep_results.h"

#include <cstddef>
#include <filesystem>

namespace lorasweep {

/// What the results are to hold.
enum class SweepShare {
  whole,  ///< every task and seed
  part,   ///< one part of a sweep (run.part): searches of the other parts do not count as missing
};

/// Prints the table of accuracies and the name of the file to stdout, and what failed or is missing to the log. Returns
/// ok, or failed_units where anything is. `failed_trials` (failed_trials.h) are not in the results, where they are NaN.
ExitCode report_results(const SweepResults& results, const std::filesystem::path& file, SweepShare coverage,
                        std::size_t failed_trials);

/// Says in the log that trials failed. Returns ok, or failed_units where any did.
ExitCode report_failed_trials(std::size_t failed_trials);

}  // namespace lorasweep
