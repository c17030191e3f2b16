// SPDX-License-Identifier: Apache-2.0
// The main job: one sweep, from its configuration to results.h5, in one process or over MPI.
#pragma once

#include "data/core/error.h"
#include "pipeline/config/load_config.h"

#include <functional>
#include <string>
#include <vector>

namespace lorasweep {

/// What to do with a run that the output directory already holds.
enum class ResumeMode {
  automatic,  ///< continue it if there is one, else start
  require,    ///< continue it; an error if there is none
  never,      ///< start; an error if there is one
};

struct RunOptions {
  /// Called on rank 0 only: under MPI the other ranks need no files.
  std::function<LoadedConfig()> load;
  ResumeMode resume = ResumeMode::automatic;
  std::vector<std::string> argv;  ///< provenance
};

/// Runs or continues the sweep. Returns ok, failed_units, or interrupted (stopped by USR1, USR2, TERM or INT, or no
/// worker is left); every other end is an exception. Writes below run.out: `journal`, `results.h5` and, last,
/// `COMPLETE`. Prints the table of accuracies to stdout, the log and the progress to stderr.
ExitCode run_sweep(const RunOptions& options);

}  // namespace lorasweep
