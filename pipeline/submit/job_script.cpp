// SPDX-License-Identifier: Apache-2.0
#include "pipeline/submit/job_script.h"

#include "data/core/error.h"
#include "pipeline/submit/templates.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace lorasweep {
namespace {

using Values = std::map<std::string, std::string, std::less<>>;

constexpr std::string_view letters_and_digits = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

bool holds_only(std::string_view text, std::string_view more) {
  return std::ranges::all_of(text, [&](char c) {
    return letters_and_digits.find(c) != std::string_view::npos || more.find(c) != std::string_view::npos;
  });
}

// One pass over the template: what a value holds is not looked at again. A line that only names an empty value goes.
std::string filled(std::string_view text, const Values& values) {
  std::string out;
  while (!text.empty()) {
    const std::size_t at = text.find('@');
    out += text.substr(0, at);
    if (at == std::string_view::npos) break;
    text.remove_prefix(at);
    const std::size_t end = text.find('@', 1);
    const auto value = end == std::string_view::npos ? values.end() : values.find(text.substr(1, end - 1));
    if (value == values.end()) {  // an '@' of the script itself
      out += '@';
      text.remove_prefix(1);
      continue;
    }
    out += value->second;
    text.remove_prefix(end + 1);
    const bool at_line_start = out.empty() || out.back() == '\n';
    if (value->second.empty() && at_line_start && text.starts_with('\n')) text.remove_prefix(1);
  }
  return out;
}

// SLURM's parser of #SBATCH lines has quotes and backslashes of its own; there is no way to write every name.
std::string directory_in_directive(const std::filesystem::path& run) {
  const std::string text = run.string();
  const auto is_bad = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '"' || c == '\'' || c == '\\';
  };
  if (std::ranges::any_of(text, is_bad))
    throw ConfigError("run.out", "a job script cannot name a directory with quotes, backslashes or control characters",
                      "choose another name");
  return text;
}

std::string directive(std::string_view option) {
  const bool plain = holds_only(option, "-=_.,:/+@%[]");
  return plain ? fmt::format("#SBATCH {}\n", option) : fmt::format("#SBATCH \"{}\"\n", option);
}

std::string lines(std::string text) {
  if (!text.empty()) text.pop_back();  // the template ends the line
  return text;
}

std::string options(const SlurmConfig& slurm, std::string more) {
  if (!slurm.partition.empty()) more += directive("--partition=" + slurm.partition);
  for (const std::string& option : slurm.extra) more += directive(option);
  return lines(std::move(more));
}

std::string setup(const SlurmConfig& slurm) {
  std::string text;
  for (const std::string& line : slurm.setup) text += line + "\n";
  return lines(std::move(text));
}

std::string words(const std::vector<std::string>& all) {
  std::string text;
  for (const std::string& word : all) {
    if (!text.empty()) text += ' ';
    text += shell_quoted(word);
  }
  return text;
}

int workers_per_node(const SlurmConfig& slurm) {
  return slurm.workers_per_node > 0 ? slurm.workers_per_node : std::max(slurm.gpus_per_node, 1);
}

Values values_of_both(const RunConfig& config, const std::vector<std::string>& program) {
  return {{"chdir", directory_in_directive(config.run.out)},
          {"time", config.slurm.time},
          {"run", shell_quoted(config.run.out.string())},
          {"parts", std::to_string(config.slurm.array)},
          {"command", words(config.slurm.command.empty() ? program : config.slurm.command)},
          {"setup", setup(config.slurm)}};
}

}  // namespace

std::string shell_quoted(std::string_view text) {
  if (!text.empty() && holds_only(text, "_./:=@%+,-")) return std::string(text);
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'')
      quoted += "'\\''";
    else
      quoted += c;
  }
  return quoted + "'";
}

std::string job_name(const std::filesystem::path& run, std::string_view part) {
  constexpr std::size_t longest = 64;
  const std::string of_run = run.filename().string();
  std::string name = fmt::format("lorasweep-{}-{}", of_run, part);
  if (of_run.empty() || !holds_only(of_run, "_-.") || name.size() > longest)
    throw ConfigError("run.out",
                      fmt::format("the run's name goes into the names of its jobs and must be letters, digits, '_', "
                                  "'-', '.', and short, not \"{}\"",
                                  of_run),
                      "choose another directory with --out");
  return name;
}

std::string run_script(const RunConfig& config, const std::vector<std::string>& program) {
  const SlurmConfig& slurm = config.slurm;
  const bool is_array = slurm.array > 1;
  std::string more;
  if (is_array) more += directive(fmt::format("--array=1-{}", slurm.array));
  if (slurm.gpus_per_node > 0) more += directive(fmt::format("--gpus-per-node={}", slurm.gpus_per_node));
  Values values = values_of_both(config, program);
  values["job_name"] = job_name(config.run.out, is_array ? "part" : "all");
  values["log"] = is_array ? "%x-%A_%a.out" : "%x-%j.out";
  values["signal_before"] = std::to_string(slurm.signal_before);
  values["nodes"] = std::to_string(slurm.nodes);
  values["workers_per_node"] = std::to_string(workers_per_node(slurm));
  values["cpus_per_task"] = std::to_string(slurm.cpus_per_task);
  values["options"] = options(slurm, more);
  values["threads"] = std::to_string(config.run.threads > 0 ? config.run.threads : slurm.cpus_per_task);
  values["launcher"] = slurm.launcher == Launcher::srun ? "srun" : "mpirun";
  values["max_restarts"] = std::to_string(slurm.max_restarts);
  return filled(run_template, values);
}

std::string collect_script(const RunConfig& config, const std::vector<std::string>& program) {
  Values values = values_of_both(config, program);
  values["job_name"] = job_name(config.run.out, "collect");
  values["log"] = "%x-%j.out";
  values["options"] = options(config.slurm, "");
  return filled(collect_template, values);
}

}  // namespace lorasweep
