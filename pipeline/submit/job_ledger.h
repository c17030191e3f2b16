// SPDX-License-Identifier: Apache-2.0
// The jobs of a run, in its directory: one JSON object a line. Jobs that submit a successor add it themselves.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace lorasweep {

struct SubmittedJob {
  std::string id;    ///< SLURM's number
  std::string kind;  ///< run | collect | successor
};

inline std::filesystem::path job_ledger_path(const std::filesystem::path& run) { return run / "jobs.jsonl"; }

/// In the order of submission; empty if there is no ledger. InputError if a line is not a job.
std::vector<SubmittedJob> read_job_ledger(const std::filesystem::path& run);
/// StorageError if it cannot be written.
void append_to_job_ledger(const std::filesystem::path& run, const SubmittedJob& job);

}  // namespace lorasweep
