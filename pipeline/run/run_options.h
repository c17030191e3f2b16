// SPDX-License-Identifier: Apache-2.0
// What a sweep is started with.
#pragma once

#include "data/results/results_writer.h"
#include "pipeline/config/loaded_config.h"
#include "pipeline/weights/found_rows.h"
#include "pipeline/weights/weight_table.h"

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
  bool screen_only = false;               ///< every adapter of the library alone on all tasks' shots, and nothing else
  std::vector<std::string> argv;          ///< provenance
  ReadBack read_back = read_back_here;    ///< of the results that are written at the end
  ReadFoundRows read_found = found_rows;  ///< of a results file that search.weights names
};

}  // namespace lorasweep
