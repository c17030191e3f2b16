// SPDX-License-Identifier: Apache-2.0
// What lorasweep asks SLURM, and what SLURM answers: sbatch, squeue, scancel. Never sacct: many clusters do not keep
// its records.
#pragma once

#include "pipeline/config/config.h"

#include <optional>
#include <string>
#include <vector>

namespace lorasweep {

/// The words of `sbatch --parsable ... script`.
std::vector<std::string> sbatch_command(const std::string& script, const std::vector<std::string>& options = {});
/// Runs it, for jobs of `slurm`, in an environment without what belongs to other jobs; the new job's number.
/// ConfigError with sbatch's own words if it refuses.
std::string submit_job(const std::vector<std::string>& sbatch, const SlurmConfig& slurm);

struct QueuedJob {
  std::string id;                             ///< "12", of an array "12_3"
  std::string state, elapsed, limit, reason;  ///< as squeue writes them
};

/// Those of the jobs that are waiting, running or ending; nothing if squeue does not answer.
std::optional<std::vector<QueuedJob>> queued_jobs(const std::vector<std::string>& ids);

/// ConfigError with scancel's own words if it refuses.
void cancel_jobs(const std::vector<std::string>& ids);

}  // namespace lorasweep
