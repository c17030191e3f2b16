// SPDX-License-Identifier: Apache-2.0
// The composed models of a results file of any schema.
#pragma once

#include "data/results/hdf5_file.h"
#include "data/results/results_schema.h"
#include "data/results/sweep_results.h"

#include <memory>

namespace lorasweep {

/// Fills `results.composed`, whose tensors are read from the file when they are asked for. `results.summary` is there
/// already: models belong to its tasks and replicates. InputError for what lorasweep would not have written.
void read_composed(const std::shared_ptr<const Hdf5File>& file, Since schema, SweepResults& results);

}  // namespace lorasweep
