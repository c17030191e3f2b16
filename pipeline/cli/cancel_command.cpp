// SPDX-License-Identifier: Apache-2.0
// lorasweep cancel: takes a run's jobs out of SLURM. What was finished stays.
#include "pipeline/cli/command.h"
#include "pipeline/submit/job_ledger.h"
#include "pipeline/submit/slurm_queue.h"

#include <spdlog/spdlog.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <set>

namespace lorasweep {
namespace {

// "12_3" is a task of job 12.
std::string job_number(const std::string& id) { return id.substr(0, id.find('_')); }

ExitCode cancel(const std::filesystem::path& run) {
  const std::vector<SubmittedJob> submitted = read_job_ledger(run);
  if (submitted.empty())
    throw InputError(run.string(), "nothing was submitted from it", "name the directory of a submitted run");
  std::vector<std::string> ids;
  for (const SubmittedJob& job : submitted) ids.push_back(job.id);
  if (const auto queued = queued_jobs(ids)) {
    std::set<std::string> left;
    for (const QueuedJob& job : *queued) left.insert(job_number(job.id));
    ids.assign(left.begin(), left.end());
  }
  if (ids.empty()) {
    spdlog::info("none of its jobs is in the queue");
    return ExitCode::ok;
  }
  cancel_jobs(ids);
  for (const std::string& id : ids) std::cout << id << "\n";
  spdlog::info("cancelled; what was finished is saved. To continue: lorasweep submit {}", run.string());
  return ExitCode::ok;
}

}  // namespace

void add_cancel_command(CLI::App& app, Choice& choice) {
  CLI::App* command =
      app.add_subcommand("cancel", "Cancel a run's SLURM jobs; what was finished is kept and can be continued");
  const auto run = std::make_shared<std::filesystem::path>();
  command->add_option("RUN", *run, "The directory of a run")->required();
  command->callback([run, &choice] { choice.action = [run] { return cancel(*run); }; });
}

}  // namespace lorasweep
