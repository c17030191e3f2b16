// SPDX-License-Identifier: Apache-2.0
// The logs of a run's jobs, which SLURM writes into its directory.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>

namespace lorasweep {

struct JobLog {
  std::filesystem::path file;
  std::string last_line;  ///< its last line that is not empty, without control characters
};

/// Nothing: it cannot be read.
std::optional<JobLog> log_at(const std::filesystem::path& file);

/// The tasks of an array that left a log.
std::set<int> logged_tasks(const std::filesystem::path& run);

/// The log that was written last, of the jobs of kind `kind` ("all", "part", "collect": job_name()), and of task `task`
/// of an array if that is not 0.
std::optional<JobLog> last_log(const std::filesystem::path& run, const std::string& kind, int task = 0);

}  // namespace lorasweep
