// SPDX-License-Identifier: Apache-2.0
// lorasweep status: how far a run is, from its journals, and what the queue says of its jobs.
#include "pipeline/cli/command.h"
#include "pipeline/submit/job_ledger.h"
#include "pipeline/submit/job_script.h"
#include "pipeline/submit/run_progress.h"
#include "pipeline/submit/slurm_queue.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>

namespace lorasweep {
namespace {

struct StatusArguments {
  std::filesystem::path run;
  bool json = false;
};

struct NamedProgress {
  std::string name;  ///< "run", "part-3"
  RunProgress progress;
};

struct RunStatus {
  std::vector<NamedProgress> runs;
  std::optional<std::vector<QueuedJob>> jobs;
  std::size_t submitted = 0;
};

std::vector<NamedProgress> progress_of(const std::filesystem::path& run) {
  if (!std::filesystem::is_directory(run))
    throw InputError(run.string(), "there is no such directory", "name the directory of a run");
  std::vector<NamedProgress> all;
  for (int part = 1; std::filesystem::is_directory(part_path(run, part)); ++part)
    all.push_back({part_path("", part).string(), run_progress(part_path(run, part))});
  if (all.empty()) all.push_back({"run", run_progress(run)});
  return all;
}

RunStatus status_of(const std::filesystem::path& run) {
  RunStatus status{.runs = progress_of(run)};
  std::vector<std::string> ids;
  for (const SubmittedJob& job : read_job_ledger(run)) ids.push_back(job.id);
  status.submitted = ids.size();
  if (ids.empty() && std::ranges::all_of(
                         status.runs, [](const NamedProgress& named) { return named.progress.state == "not started"; }))
    throw InputError(run.string(), "there is no run here", "name the directory of a run");
  if (ids.empty())
    status.jobs.emplace();
  else
    status.jobs = queued_jobs(ids);
  return status;
}

void print(const RunStatus& status) {
  for (const auto& [name, progress] : status.runs) {
    std::cout << fmt::format("{:<10} {:<12} evaluations {}/{}, answers {}/{}, {} failed, taken up {} times\n", name,
                             progress.state, progress.evaluations, progress.evaluations_total, progress.answers,
                             progress.answers_total, progress.failures, progress.sessions);
    if (!progress.missing.empty())
      std::cout << fmt::format("{:<10} all is computed, but {}: continue the run, which writes it\n", "",
                               progress.missing);
  }
  if (!status.jobs)
    std::cout << "jobs       squeue does not answer\n";
  else if (status.jobs->empty() && status.submitted > 0)
    std::cout << fmt::format("jobs       none of {} is in the queue any more\n", status.submitted);
  else
    for (const QueuedJob& job : *status.jobs)
      std::cout << fmt::format("job {:<10} {} ({} of {}, {})\n", job.id, job.state, job.elapsed, job.limit, job.reason);
}

void print_json(const RunStatus& status) {
  nlohmann::ordered_json all = {{"runs", nlohmann::ordered_json::array()}, {"jobs", nullptr}};
  for (const auto& [name, progress] : status.runs)
    all["runs"].push_back({{"name", name},
                           {"state", progress.state},
                           {"missing", progress.missing},
                           {"evaluations", progress.evaluations},
                           {"evaluations_total", progress.evaluations_total},
                           {"answers", progress.answers},
                           {"answers_total", progress.answers_total},
                           {"failures", progress.failures},
                           {"sessions", progress.sessions}});
  if (status.jobs) {
    all["jobs"] = nlohmann::ordered_json::array();
    for (const QueuedJob& job : *status.jobs)
      all["jobs"].push_back({{"id", job.id},
                             {"state", job.state},
                             {"elapsed", job.elapsed},
                             {"limit", job.limit},
                             {"reason", job.reason}});
  }
  std::cout << all.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
}

}  // namespace

void add_status_command(CLI::App& app, Choice& choice) {
  CLI::App* command = app.add_subcommand("status", "Say how far a run is, and what SLURM's queue says of its jobs");
  const auto arguments = std::make_shared<StatusArguments>();
  command->add_option("RUN", arguments->run, "The directory of a run")->required();
  command->add_flag("--json", arguments->json, "One JSON document");
  command->callback([arguments, &choice] {
    choice.stranger = arguments->run;  // it may hold anybody's results.h5
    choice.action = [arguments] {
      const RunStatus status = status_of(arguments->run);
      arguments->json ? print_json(status) : print(status);
      return ExitCode::ok;
    };
  });
}

}  // namespace lorasweep
