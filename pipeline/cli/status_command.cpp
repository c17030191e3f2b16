// SPDX-License-Identifier: Apache-2.0
// lorasweep status: how far a run is, from its journals, and what the queue says of its jobs.
#include "pipeline/cli/command.h"
#include "pipeline/submit/job_ledger.h"
#include "pipeline/submit/job_log.h"
#include "pipeline/submit/job_script.h"
#include "pipeline/submit/restart_history.h"
#include "pipeline/submit/run_progress.h"
#include "pipeline/submit/slurm_queue.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <set>

namespace lorasweep {
namespace {

struct StatusArguments {
  std::filesystem::path run;
  bool json = false;
};

struct NamedProgress {
  std::string name;  ///< "run", "part-3"
  RunProgress progress;
  RestartHistory history;
  std::optional<JobLog> log;
};

struct RunStatus {
  std::vector<NamedProgress> runs;
  std::optional<JobLog> collect_log;
  std::optional<std::vector<QueuedJob>> jobs;
  std::size_t submitted = 0;
};

// The parts that left a directory or a log: one that died early has only a log.
std::set<int> parts_of(const std::filesystem::path& run) {
  std::set<int> parts = logged_tasks(run);
  for (int part = 1; std::filesystem::is_directory(part_path(run, part)); ++part) parts.insert(part);
  return parts;
}

std::vector<NamedProgress> progress_of(const std::filesystem::path& run) {
  if (!std::filesystem::is_directory(run))
    throw InputError(run.string(), "there is no such directory", "name the directory of a run");
  std::vector<NamedProgress> all;
  for (const int part : parts_of(run))
    all.push_back({part_path("", part).string(), run_progress(part_path(run, part)),
                   restart_history(part_path(run, part)), last_log(run, "part", part)});
  if (all.empty()) all.push_back({"run", run_progress(run), restart_history(run), last_log(run, "all")});
  return all;
}

RunStatus status_of(const std::filesystem::path& run) {
  RunStatus status{.runs = progress_of(run), .collect_log = last_log(run, "collect")};
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

// "3 restarts: 2 time limit, 1 failure; the last one 2026-01-31T12:00:00Z, failure"
std::string restarts_line(const RestartHistory& history) {
  std::string causes;
  for (const auto& [cause, count] : history.causes)
    causes += fmt::format("{}{} {}", causes.empty() ? "" : ", ", count, cause);
  return fmt::format("{} {}: {}; the last one {}, {}", history.restarts, history.restarts == 1 ? "restart" : "restarts",
                     causes, history.last_utc, history.last_cause);
}

void print(const RunStatus& status) {
  for (const auto& [name, progress, history, log] : status.runs) {
    std::cout << fmt::format("{:<10} {:<12} evaluations {}/{}, answers {}/{}, {} failed, started {} {}\n", name,
                             progress.state, progress.evaluations, progress.evaluations_total, progress.answers,
                             progress.answers_total, progress.failures, progress.sessions,
                             progress.sessions == 1 ? "time" : "times");
    if (!progress.missing.empty())
      std::cout << fmt::format("{:<10} everything is computed, but {}{}\n", "", progress.missing,
                               status.jobs && status.jobs->empty() ? ": continue the run to write it" : " yet");
    if (history.restarts > 0) std::cout << fmt::format("{:<10} {}\n", "", restarts_line(history));
    if (log) std::cout << fmt::format("{:<10} {}: {}\n", "", log->name, log->last_line);
  }
  if (status.collect_log)
    std::cout << fmt::format("{:<10} {}: {}\n", "collect", status.collect_log->name, status.collect_log->last_line);
  if (!status.jobs)
    std::cout << "jobs       squeue does not answer\n";
  else if (status.jobs->empty() && status.submitted > 0)
    std::cout << fmt::format("jobs       none of {} is in the queue\n", status.submitted);
  else
    for (const QueuedJob& job : *status.jobs)
      std::cout << fmt::format("job {:<10} {} ({} of {}, {})\n", job.id, job.state, job.elapsed, job.limit, job.reason);
}

using Json = nlohmann::ordered_json;

Json as_json(const RestartHistory& history) {
  Json causes = Json::object();
  for (const auto& [cause, count] : history.causes) causes[cause] = count;
  return {{"count", history.restarts},
          {"causes", causes},
          {"last_cause", history.last_cause},
          {"last_utc", history.last_utc}};
}

Json as_json(const std::optional<JobLog>& log) {
  return log ? Json{{"file", log->name}, {"last_line", log->last_line}} : Json();
}

void print_json(const RunStatus& status) {
  Json all = {{"runs", Json::array()}, {"collect_log", as_json(status.collect_log)}, {"jobs", nullptr}};
  for (const auto& [name, progress, history, log] : status.runs)
    all["runs"].push_back({{"name", name},
                           {"state", progress.state},
                           {"missing", progress.missing},
                           {"evaluations", progress.evaluations},
                           {"evaluations_total", progress.evaluations_total},
                           {"answers", progress.answers},
                           {"answers_total", progress.answers_total},
                           {"failures", progress.failures},
                           {"sessions", progress.sessions},
                           {"restarts", as_json(history)},
                           {"log", as_json(log)}});
  if (status.jobs) {
    all["jobs"] = Json::array();
    for (const QueuedJob& job : *status.jobs)
      all["jobs"].push_back({{"id", job.id},
                             {"state", job.state},
                             {"elapsed", job.elapsed},
                             {"limit", job.limit},
                             {"reason", job.reason}});
  }
  std::cout << all.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
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
