// SPDX-License-Identifier: Apache-2.0
// From the journals of one or several runs to the contents of one results file.
#pragma once

#include "data/results/sweep_results.h"
#include "data/tasks/task.h"
#include "pipeline/collect/library_in_memory.h"
#include "pipeline/config/config.h"
#include "pipeline/manifest/run_records.h"

#include <filesystem>
#include <vector>

namespace lorasweep {

/// What beside the journals goes into a results file.
struct ResultsRequest {
  ResultsConfig kept = {};
  LibraryInMemory library = {};         ///< of the only run; without an image: adapters are read again
  std::filesystem::path moved_to = {};  ///< where adapters that are read again lie now, each under its name; empty:
                                        ///< where they are recorded
  const TaskSuite* suite = nullptr;     ///< of the only run; null: tasks are read again from where they are recorded
};

/// Merges runs of one configuration over different tasks and seeds, or several runs over the same ones. Two runs may
/// hold the same search or answer if they agree in every value. InputError naming both runs and where they contradict
/// each other: in base model, tokenizer, settings or numerics, in the content of an adapter or task of one name, in an
/// objective or answer. Adapters that are read again must be what they were: those that the composed adapters draw,
/// each file opened once. The same holds for tasks, but for these a warning does where they are gone.
SweepResults build_results(const std::vector<RunRecords>& runs, const ResultsRequest& request = {});

}  // namespace lorasweep
