// SPDX-License-Identifier: Apache-2.0
// Asks journal, live note, notes of starts, logs and queue.
#include "pipeline/submit/run_status.h"

#include "data/core/error.h"
#include "pipeline/manifest/run_directory.h"
#include "pipeline/submit/job_ledger.h"
#include "pipeline/submit/job_script.h"

#include <algorithm>
#include <set>

namespace lorasweep {
namespace {

namespace fs = std::filesystem;

// The parts that left a directory or a log: one that died early has only a log.
std::set<int> parts_of(const fs::path& run) {
  std::set<int> parts = logged_tasks(run);
  for (int part = 1; fs::is_directory(part_path(run, part)); ++part) parts.insert(part);
  return parts;
}

StatusOfPart status_of_part(const std::string& name, const fs::path& place, std::optional<JobLog> job_log) {
  StatusOfPart part{.name = name,
                    .progress = run_progress(place),
                    .life = life_of(place, real_life_clock()),
                    .history = restart_history(place),
                    .log = std::move(job_log)};
  if (!part.log && part.life.note && !part.life.note->log.empty()) part.log = log_at(part.life.note->log);
  return part;
}

std::vector<std::string> job_ids(const fs::path& run) {
  std::vector<std::string> ids;
  for (const SubmittedJob& job : read_job_ledger(run)) ids.push_back(job.id);
  return ids;
}

}  // namespace

RunStatus status_without_jobs(const fs::path& run) {
  if (!fs::is_directory(run))
    throw InputError(run.string(), "there is no such directory", "name the directory of a run");
  RunStatus status{.utc = real_life_clock().utc(), .parts = {}, .collect_log = last_log(run, "collect"), .jobs = {}};
  for (const int part : parts_of(run))
    status.parts.push_back(
        status_of_part(part_path("", part).string(), part_path(run, part), last_log(run, "part", part)));
  if (status.parts.empty()) status.parts.push_back(status_of_part("run", run, last_log(run, "all")));
  status.submitted = job_ids(run).size();
  const auto is_none = [](const StatusOfPart& part) { return part.progress.state == "not started" && !part.life.note; };
  if (status.submitted == 0 && std::ranges::all_of(status.parts, is_none))
    throw InputError(run.string(), "there is no run here", "name the directory of a run");
  return status;
}

void look_for_jobs(RunStatus& status, const fs::path& run) {
  const std::vector<std::string> ids = job_ids(run);
  if (ids.empty())
    status.jobs.emplace();
  else
    status.jobs = queued_jobs(ids);
}

RunStatus status_of(const fs::path& run) {
  RunStatus status = status_without_jobs(run);
  look_for_jobs(status, run);
  return status;
}

bool may_go_on(const RunStatus& status) {
  const auto lives = [](const StatusOfPart& part) {
    return part.progress.state != "complete" && part.life.life != Life::ended && part.life.life != Life::died;
  };
  return (status.jobs && !status.jobs->empty()) || (!status.jobs && status.submitted > 0) ||
         std::ranges::any_of(status.parts, lives);
}

}  // namespace lorasweep
