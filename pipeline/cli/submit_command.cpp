// SPDX-License-Identifier: Apache-2.0
// lorasweep submit: a sweep as SLURM jobs. It returns at once; nothing on the login node stays behind.
#include "data/core/digest.h"
#include "pipeline/cli/command.h"
#include "pipeline/cli/config_argument.h"
#include "pipeline/cli/found_rows_process.h"
#include "pipeline/cli/prediction.h"
#include "pipeline/cli/submission_json.h"
#include "pipeline/config/config_schema.h"
#include "pipeline/manifest/run_directory.h"
#include "pipeline/plan/plan_of_inputs.h"
#include "pipeline/submit/job_ledger.h"
#include "pipeline/submit/job_script.h"
#include "pipeline/submit/memory_need.h"
#include "pipeline/submit/slurm_queue.h"
#include "pipeline/submit/submission_files.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

struct SubmitArguments {
  ConfigArgument config;
  bool dry_run = false;
  bool json = false;
  PredictionOptions prediction;
};

// Warnings go to the log at once; a document has them, too.
class Warnings {
 public:
  void add(std::string text) {
    spdlog::warn("{}", text);
    all_.push_back(std::move(text));
  }
  const std::vector<std::string>& all() const { return all_; }

 private:
  std::vector<std::string> all_;
};

// The files to write, and the commands for SLURM. `collect` is empty for a single job.
struct Submission {
  std::filesystem::path run;
  SlurmConfig slurm;
  std::string config, run_script, collect_script;

  std::vector<std::string> run_command() const { return sbatch_command(run_script_path(run).string()); }
  std::vector<std::string> collect_command(const std::string& after) const {
    return sbatch_command(collect_script_path(run).string(), {"--dependency=afterany:" + after});
  }
};

// A directory that was submitted before holds the configuration that its jobs read.
LoadedConfig load(ConfigArgument argument) {
  const std::filesystem::path frozen = frozen_config_path(argument.path);
  if (std::filesystem::is_directory(argument.path) && std::filesystem::exists(frozen)) {
    if (argument.out.empty()) argument.out = argument.path.string();
    argument.path = frozen;
  }
  return argument.load();
}

void check_kept_parts(const RunConfig& config) {
  const std::filesystem::path& run = config.run.out;
  const int parts = config.slurm.array;
  if (config.run.part != SweepPart{})
    throw ConfigError("run.part", "submit splits a sweep itself", "leave it out, and say slurm.array or --array");
  if (parts > 1 && std::filesystem::exists(journal_path(run)))
    throw ConfigError(run.string(), "holds a sweep that was begun in one piece",
                      "continue it without --array, or choose another directory with --out");
  if (std::filesystem::exists(part_path(run, parts > 1 ? parts + 1 : 1)))
    throw ConfigError(run.string(), fmt::format("holds a sweep that was not split into {} parts", parts),
                      "give the same --array again, or choose another directory with --out");
}

void check_no_job_is_left(const std::filesystem::path& run, Warnings& warnings) {
  std::vector<std::string> ids;
  for (const SubmittedJob& job : read_job_ledger(run)) ids.push_back(job.id);
  if (ids.empty()) return;
  const auto queued = queued_jobs(ids);
  if (!queued)
    return warnings.add(
        fmt::format("squeue does not answer; whether an earlier job of {} still runs is not known", run.string()));
  if (!queued->empty())
    throw ConfigError(run.string(), fmt::format("its job {} is {}", queued->front().id, queued->front().state),
                      "wait for it, or lorasweep cancel " + run.string());
}

// As sbatch --mem takes it; empty: SLURM decides.
std::string memory(const RunConfig& config, Warnings& warnings) {
  const SlurmConfig& slurm = config.slurm;
  if (slurm.memory == "site" || extra_says_memory(slurm)) return "";
  if (slurm.memory != "auto") return slurm.memory;
  try {
    return memory_to_ask_for(memory_need(config, found_rows_in_own_process).of_node(workers_per_node(slurm)));
  } catch (const Error& error) {  // the nodes may see what this machine does not
    warnings.add(
        fmt::format("the memory of a node is not asked for, since it cannot be predicted here: {}", error.what()));
    return "";
  }
}

// What the jobs together take. Not measured here unless that is asked for: a login node is no place to compute on.
std::optional<Prediction> prediction_of(const RunConfig& config, const PredictionOptions& options, Warnings& warnings) {
  const int of_node = workers_per_node(config.slurm);
  std::vector<std::string> problems;
  const SweepInputs inputs = read_inputs(config, problems, LibraryValues::tables, {}, found_rows_in_own_process);
  if (!problems.empty()) {  // the nodes may see what this machine does not
    warnings.add(fmt::format("what the sweep takes cannot be said here: {}", problems.front()));
    return std::nullopt;
  }
  const Workforce workforce{.workers = of_node * config.slurm.nodes * config.slurm.array, .of_node = of_node};
  return predict(config, inputs, plan_of(config, inputs), options, workforce);
}

Submitter this_program() {
  return {.command = {std::filesystem::read_symlink("/proc/self/exe").string()},
          .version = "lorasweep " LORASWEEP_VERSION " (" LORASWEEP_BUILD ")",
          .digest = sha256_file("/proc/self/exe")};
}

Submission make_submission(const RunConfig& config, Warnings& warnings) {
  const Submitter submitter = this_program();
  return {.run = config.run.out,
          .slurm = config.slurm,
          .config = written_config(config),
          .run_script = run_script(config, submitter, memory(config, warnings)),
          .collect_script = config.slurm.array > 1 ? collect_script(config, submitter) : ""};
}

std::string shell_line(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) {
    if (!line.empty()) line += ' ';
    line += shell_quoted(word);
  }
  return line;
}

void show(const Submission& submission) {
  std::cout << fmt::format("### {}\n{}", frozen_config_path(submission.run).string(), submission.config);
  std::cout << fmt::format("\n### {}\n{}", run_script_path(submission.run).string(), submission.run_script);
  if (!submission.collect_script.empty())
    std::cout << fmt::format("\n### {}\n{}", collect_script_path(submission.run).string(), submission.collect_script);
  std::cout << "\n### commands\n" << shell_line(submission.run_command()) << "\n";
  if (!submission.collect_script.empty()) std::cout << shell_line(submission.collect_command("JOB")) << "\n";
}

// If the collect job is refused, the run's job is cancelled, since nothing would collect its parts.
std::string submit_collect_job(const Submission& submission, const std::string& job) {
  try {
    return submit_job(submission.collect_command(job), submission.slurm);
  } catch (const ConfigError&) {
    cancel_jobs({job});
    throw;
  }
}

// The jobs' numbers. If SLURM refuses the job, no file of the submission stays.
std::vector<std::string> send(const Submission& submission) {
  SubmissionFiles files(submission.run);
  files.write(frozen_config_path(submission.run), submission.config);
  files.write(run_script_path(submission.run), submission.run_script);
  if (!submission.collect_script.empty()) files.write(collect_script_path(submission.run), submission.collect_script);
  files.announce(job_ledger_path(submission.run));

  std::vector<std::string> jobs = {submit_job(submission.run_command(), submission.slurm)};
  append_to_job_ledger(submission.run, {.id = jobs[0], .kind = "run"});
  if (!submission.collect_script.empty()) {
    jobs.push_back(submit_collect_job(submission, jobs[0]));
    append_to_job_ledger(submission.run, {.id = jobs[1], .kind = "collect"});
  }
  files.keep();
  return jobs;
}

// `jobs`: none, if it was not sent.
std::string as_document(const Submission& submission, const std::vector<std::string>& jobs,
                        std::optional<Prediction> prediction, const Warnings& warnings) {
  const auto id = [&](std::size_t i) { return i < jobs.size() ? std::optional(jobs[i]) : std::nullopt; };
  SubmissionToTell told{.dry_run = jobs.empty(),
                        .run = submission.run,
                        .config = frozen_config_path(submission.run),
                        .config_text = submission.config,
                        .jobs = {{.kind = "run",
                                  .id = id(0),
                                  .script = run_script_path(submission.run),
                                  .text = submission.run_script,
                                  .command = submission.run_command()}},
                        .prediction = std::move(prediction),
                        .warnings = warnings.all()};
  if (!submission.collect_script.empty())
    told.jobs.push_back({.kind = "collect",
                         .id = id(1),
                         .script = collect_script_path(submission.run),
                         .text = submission.collect_script,
                         .command = submission.collect_command(id(0).value_or("JOB"))});
  return submission_json(told);
}

void dry_run(const SubmitArguments& arguments, const RunConfig& config, const Submission& submission,
             Warnings& warnings) {
  if (!arguments.json) show(submission);
  const std::optional<Prediction> prediction = prediction_of(config, arguments.prediction, warnings);
  if (arguments.json)
    std::cout << as_document(submission, {}, prediction, warnings);
  else if (prediction)
    std::cout << "\n### expected\n" << as_text(*prediction);
}

ExitCode submit(const SubmitArguments& arguments) {
  const LoadedConfig loaded = load(arguments.config);
  Warnings warnings;
  for (const std::string& warning : loaded.warnings) warnings.add(warning);
  const RunConfig& config = loaded.config;
  check_kept_parts(config);
  const Submission submission = make_submission(config, warnings);
  if (arguments.dry_run) {
    dry_run(arguments, config, submission, warnings);
    return ExitCode::ok;
  }
  check_no_job_is_left(submission.run, warnings);
  const std::vector<std::string> jobs = send(submission);
  if (arguments.json)
    std::cout << as_document(submission, jobs, std::nullopt, warnings) << std::flush;
  else
    for (const std::string& job : jobs) std::cout << job << std::endl;
  spdlog::info("submitted; to see its progress: lorasweep status {}", submission.run.string());
  return ExitCode::ok;
}

// "9%3", as sbatch writes it: nine jobs, three at a time.
void set_array(std::vector<std::string>& flags, const std::string& value) {
  const std::size_t percent = value.find('%');
  flags.push_back("slurm.array=" + value.substr(0, percent));
  if (percent != std::string::npos) flags.push_back("slurm.array_at_once=" + value.substr(percent + 1));
}

// The keys of [slurm] that people change from job to job have flags of their own.
void add_slurm_flags(CLI::App& command, const std::shared_ptr<SubmitArguments>& arguments) {
  struct Flag {
    const char *name, *key, *meaning;
  };
  command.add_option_function<std::string>(
      "--array", [arguments](const std::string& value) { set_array(arguments->config.flags, value); },
      "Split the sweep over N independent jobs, then collect them; N%K: at most K at a time");
  for (const Flag& flag :
       {Flag{"--nodes", "nodes", "Nodes of a job"},
        Flag{"--gpus-per-node", "gpus_per_node", "GPUs on every node, one worker each"},
        Flag{"--workers-per-node", "workers_per_node", "Workers on every node"},
        Flag{"--cpus-per-task", "cpus_per_task", "Cores of a worker"}, Flag{"--time", "time", "Time limit of a job"},
        Flag{"--memory", "memory", "Memory of a node: auto, site or a size"},
        Flag{"--partition", "partition", "SLURM partition"}}) {
    const std::string prefix = std::string("slurm.") + flag.key + "=";
    command.add_option_function<std::string>(
        flag.name, [arguments, prefix](const std::string& value) { arguments->config.flags.push_back(prefix + value); },
        flag.meaning);
  }
}

}  // namespace

void add_submit_command(CLI::App& app, Choice& choice) {
  CLI::App* command = app.add_subcommand("submit", "Run a sweep on a SLURM cluster: submits its jobs and returns");
  command->footer(
      "Examples:\n"
      "  lorasweep submit sweep.toml --nodes 4 --workers-per-node 16 --time 04:00:00 --partition batch\n"
      "  lorasweep submit sweep.toml --array 9 --dry-run     shows what would be submitted\n"
      "  lorasweep submit runs/bbh                           continues a run whose jobs have ended");
  const auto arguments = std::make_shared<SubmitArguments>();
  arguments->config.add_to(*command);
  add_slurm_flags(*command, arguments);
  arguments->prediction.add_to(
      *command, command->add_flag("-n,--dry-run", arguments->dry_run, "Only show the scripts and commands"));
  command->add_flag("--json", arguments->json, "One JSON document (docs/json.md) instead of the jobs' numbers");
  command->callback([arguments, &choice] { choice.action = [arguments] { return submit(*arguments); }; });
}

}  // namespace lorasweep
