// SPDX-License-Identifier: Apache-2.0
// Runs SLURM's commands and reads their answers.
#include "pipeline/submit/slurm_queue.h"

#include "data/core/error.h"
#include "pipeline/submit/external_command.h"
#include "pipeline/submit/inherited_environment.h"

#include <algorithm>
#include <array>
#include <sstream>

namespace lorasweep {
namespace {

std::string joined(const std::vector<std::string>& ids) {
  std::string text;
  for (const std::string& id : ids) text += (text.empty() ? "" : ",") + id;
  return text;
}

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

QueuedJob queued_job(const std::string& line) {
  std::istringstream fields(line);
  std::array<std::string, 5> values;
  for (std::string& value : values) std::getline(fields, value, '|');
  return {.id = values[0], .state = values[1], .elapsed = values[2], .limit = values[3], .reason = values[4]};
}

}  // namespace

std::vector<std::string> sbatch_command(const std::string& script, const std::vector<std::string>& options) {
  std::vector<std::string> words = {"sbatch", "--parsable"};
  words.insert(words.end(), options.begin(), options.end());
  words.push_back(script);
  return words;
}

std::string submit_job(const std::vector<std::string>& sbatch, const SlurmConfig& slurm) {
  const CommandResult answer = run_command(sbatch, std::chrono::seconds(60), environment_for_slurm(slurm));
  if (answer.status == 127)
    throw ConfigError("sbatch", "there is no SLURM on this machine", "submit from a login node of the cluster");
  if (answer.status != 0)
    throw ConfigError("sbatch", trimmed(answer.err),
                      answer.err.find("emory") == std::string::npos
                          ? "change [slurm], or the flags that win over it"
                          : "give slurm.memory another size, or \"site\" to ask for none");
  return trimmed(answer.out.substr(0, answer.out.find(';')));  // "12;cluster"
}

std::optional<std::vector<QueuedJob>> queued_jobs(const std::vector<std::string>& ids) {
  std::vector<QueuedJob> jobs;
  // One by one: squeue answers nothing at all for a list with a job that it has forgotten, in some versions.
  for (const std::string& id : ids) {
    const CommandResult answer =
        run_command({"squeue", "--noheader", "--array", "--jobs=" + id, "--format=%i|%T|%M|%l|%r"},
                    std::chrono::seconds(20), environment_for_slurm({}));
    if (answer.status != 0 && answer.err.find("Invalid job id") == std::string::npos) return std::nullopt;
    std::istringstream lines(answer.out);
    for (std::string line; std::getline(lines, line);) jobs.push_back(queued_job(line));
  }
  return jobs;
}

void cancel_jobs(const std::vector<std::string>& ids) {
  std::vector<std::string> words = {"scancel"};
  words.insert(words.end(), ids.begin(), ids.end());
  const CommandResult answer = run_command(words, std::chrono::seconds(60), environment_for_slurm({}));
  if (answer.status == 127)
    throw ConfigError("scancel", "there is no SLURM on this machine", "cancel from a login node of the cluster");
  if (answer.status != 0) throw ConfigError("scancel " + joined(ids), trimmed(answer.err));
}

}  // namespace lorasweep
