// SPDX-License-Identifier: Apache-2.0
// All that another shell can know of a run: how far it is, whether somebody works on it, how often and why it was
// started again, what its log says last, and what the queue says of its jobs.
#pragma once

#include "pipeline/submit/job_log.h"
#include "pipeline/submit/restart_history.h"
#include "pipeline/submit/run_life.h"
#include "pipeline/submit/run_progress.h"
#include "pipeline/submit/slurm_queue.h"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace lorasweep {

/// Of a run, or of a part of one that was submitted as an array.
struct StatusOfPart {
  std::string name;  ///< "run", "part-3"
  RunProgress progress;
  RunLife life;
  RestartHistory history;
  std::optional<JobLog> log;
};

struct RunStatus {
  double utc = 0;  ///< when this was found out, in seconds since the epoch
  std::vector<StatusOfPart> parts;
  std::optional<JobLog> collect_log;
  std::optional<std::vector<QueuedJob>> jobs;  ///< nothing: squeue does not answer
  std::size_t submitted = 0;                   ///< jobs
};

/// InputError if there is no run, or its journal is damaged.
RunStatus status_of(const std::filesystem::path& run);
/// The same without the jobs: it is asked again and again.
RunStatus status_without_jobs(const std::filesystem::path& run);
/// Asks squeue.
void look_for_jobs(RunStatus& status, const std::filesystem::path& run);

/// Whether somebody works on any part of it, or may begin to.
bool may_go_on(const RunStatus& status);

/// What a screen has room for; 0: any number.
struct Screen {
  std::size_t lines = 0, columns = 0;
};
/// For people: a block of lines a part, with a row a task. Lines that do not fit are counted, longer ones cut.
std::string status_text(const RunStatus& status, Screen screen = {});
/// For programs: docs/json.md.
std::string status_json(const RunStatus& status);

}  // namespace lorasweep
