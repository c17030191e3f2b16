// SPDX-License-Identifier: Apache-2.0
// Results as text tables: summary, evaluations, predictions with their tokens, adapters, examples, statistics, and the
// screen if there is one, each a file of its own.
#pragma once

#include "data/results/sweep_results.h"

#include <filesystem>

namespace lorasweep {

// A row of the summary is a search (task, replicate); codes become their words; rows with a task_index also
// name the task. Numbers have all their digits. StorageError if the directory cannot be made or written.

/// `<directory>/<table>.csv`, quoted by RFC 4180, lines ended by \n. What is not known is empty; weights and
/// traces become columns `weights_0`, `weights_1`, ..., of places `weights_0_q`, `weights_0_v`, ...
void export_csv(const SweepResults& results, const std::filesystem::path& directory);

/// `<directory>/<table>.jsonl`, an object a line. What is not known, and infinities, are null; weights and
/// traces are lists.
void export_jsonl(const SweepResults& results, const std::filesystem::path& directory);

}  // namespace lorasweep
