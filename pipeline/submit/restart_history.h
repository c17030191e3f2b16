// SPDX-License-Identifier: Apache-2.0
// How often a run's job was started again since it was submitted, and why: its script notes every start.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace lorasweep {

struct RestartHistory {
  std::size_t restarts = 0;                                 ///< since the last submission
  std::vector<std::pair<std::string, std::size_t>> causes;  ///< "time limit", "preemption", "failure", ...: how often
  std::string last_cause, last_utc;                         ///< of the last restart
};

/// One JSON object a line, by slurm/run.sbatch.in.
inline std::filesystem::path starts_path(const std::filesystem::path& run) { return run / "starts.jsonl"; }

/// Nothing is thrown for a line that cannot be read: a job may be writing it, or its disk was full.
RestartHistory restart_history(const std::filesystem::path& run);

}  // namespace lorasweep
