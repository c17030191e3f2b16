// SPDX-License-Identifier: Apache-2.0
// A planned sweep in a few lines.
#pragma once

#include "data/core/error.h"
#include "pipeline/cli/prediction.h"
#include "pipeline/config/load_config.h"
#include "pipeline/plan/inputs.h"

#include <string>

namespace lorasweep {

/// What `validate` and `run --dry-run` do: reads and checks all inputs. Prints what the sweep will do to stdout and
/// returns ok, or prints every problem to stderr and returns bad_input. `options`: of what it says about time.
/// `values`: of the adapters that are read; what is not is said. `schema`: stdout gets one JSON document of this form
/// instead (sweep_json.h), with the problems, too; empty: text.
ExitCode show_sweep(const LoadedConfig& loaded, const PredictionOptions& options,
                    LibraryValues values = LibraryValues::affordable, const std::string& schema = "");

}  // namespace lorasweep
