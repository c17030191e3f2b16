// SPDX-License-Identifier: Apache-2.0
// The main job: one sweep, from its configuration to results.h5, in one process or over MPI.
#pragma once

#include "data/core/error.h"
#include "pipeline/run/run_options.h"

namespace lorasweep {

/// Runs or continues the sweep. Returns ok, failed_units, or interrupted (stopped by USR1, USR2, TERM or INT, or no
/// worker is left); every other end is an exception. Writes below run.out: `journal`, `results.h5` and, last,
/// `COMPLETE`. Prints the table of accuracies to stdout, the log and the progress to stderr.
ExitCode run_sweep(const RunOptions& options);

}  // namespace lorasweep
