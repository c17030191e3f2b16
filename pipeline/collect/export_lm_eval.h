// SPDX-License-Identifier: Apache-2.0
// Results in the layout of EleutherAI's lm-evaluation-harness 0.4 (`--output_path` with `--log_samples`), for tools
// that read it.
#pragma once

#include "data/results/sweep_results.h"

#include <filesystem>

namespace lorasweep {

/// A directory for each that answered: `<directory>/lorasweep__zero-shot`, `lorasweep__few-shot`,
/// `lorasweep__search-r<replicate>`, `lorasweep__uniform-r<replicate>`, ... In each `results_<time>.json`, with tasks
/// of which every answer is there, and `samples_<task>_<time>.jsonl`, a line an answer, for tasks whose texts the file
/// holds. Metrics: `exact_match` by lm-eval's rule and `exact_match_lorahub`, shares between 0 and 1, with the standard
/// error of the mean. Returns how many tasks have no samples because there are no texts. InputError where no task has
/// all answers of anybody, StorageError on writing.
std::size_t export_lm_eval(const SweepResults& results, const std::filesystem::path& directory);

}  // namespace lorasweep
