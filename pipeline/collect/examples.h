// SPDX-License-Identifier: Apache-2.0
// The texts that a sweep was about, from the tasks' files.
#pragma once

#include "data/results/sweep_results.h"
#include "data/tasks/task.h"
#include "pipeline/collect/merge_runs.h"
#include "pipeline/config/config.h"

namespace lorasweep {

/// The tasks of merged runs, read again from their recorded places. A task that cannot be read is left out, with a
/// warning that says why. `continues_prompt`: of the runs' model, as ModelPlan has it.
TaskSuite recorded_tasks(const MergedRuns& merged, const TasksConfig& config, bool continues_prompt);

/// Fills `results.examples` and the canaries, for tasks that `results.summary` has. Of a task that the suite lacks, or
/// has with other texts than were recorded, the texts stay empty, and a warning says so. Without texts if these are not
/// wanted: then the targets of `results.predictions` are taken away, too.
void add_examples(SweepResults& results, const MergedRuns& merged, const TaskSuite& suite, const TasksConfig& config,
                  TextsKept texts);

}  // namespace lorasweep
