// SPDX-License-Identifier: Apache-2.0
// Checks and quotes settings, and puts them into the templates.
#include "pipeline/submit/job_script.h"

#include "data/core/error.h"
#include "pipeline/config/config_schema.h"
#include "pipeline/submit/inherited_environment.h"
#include "pipeline/submit/slurm_time.h"
#include "pipeline/submit/templates.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
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

// One pass over the template: values are not scanned again. A line that holds nothing but an empty value is removed.
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

// SLURM interprets quotes and backslashes in #SBATCH lines by rules of its own, which cannot express every name.
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

// SLURM replaces %x, %j, ... in the whole path of a log, the directories too; %% is a plain one.
std::string directory_of_logs(const std::filesystem::path& run) {
  std::string text;
  for (const char c : directory_in_directive(run)) text += c == '%' ? std::string("%%") : std::string(1, c);
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
  if (!slurm.mail_type.empty()) more += directive("--mail-type=" + slurm.mail_type);
  if (!slurm.mail_user.empty()) more += directive("--mail-user=" + slurm.mail_user);
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

std::string name_of_option(std::string_view option) {
  return std::string(option.substr(0, std::min(option.find('='), option.size())));
}

// Options with which sbatch does not do what a submission needs, or that would contradict a script's own.
constexpr std::array<std::string_view, 8> unusable_options = {"--dependency", "--help",    "--ntasks", "--test-only",
                                                              "--usage",      "--version", "--wait",   "--wrap"};

// SLURM sends the signal up to a minute early.
void check_time(const char* key, std::string_view time, int signal_before) {
  constexpr int inaccuracy = 60;
  const std::int64_t seconds = limit_in_seconds(time);
  if (seconds == 0 || seconds > signal_before + inaccuracy) return;
  throw ConfigError(
      key,
      fmt::format("{} are {} s: a job is told to stop {} s before its end (slurm.signal_before), and SLURM "
                  "may say so {} s earlier, so it would have no time to compute",
                  time, seconds, signal_before, inaccuracy),
      fmt::format("ask for more than {} minutes, or lower slurm.signal_before", (signal_before + inaccuracy) / 60));
}

void check(const SlurmConfig& slurm) {
  check_time("slurm.time", slurm.time, slurm.signal_before);
  for (const std::string& option : slurm.extra) {
    const std::string name = name_of_option(option);
    if (std::ranges::find(unusable_options, name) != unusable_options.end())
      throw ConfigError("slurm.extra", "a sweep cannot be submitted with " + name, "leave it out");
    if (name == "--time-min" && name != option)
      check_time("slurm.extra --time-min", std::string_view(option).substr(name.size() + 1), slurm.signal_before);
  }
  if (extra_says_memory(slurm) && slurm.memory != "auto" && slurm.memory != "site")
    throw ConfigError("slurm.memory", "is " + slurm.memory + ", but slurm.extra asks for memory, too",
                      "leave one of them out");
}

std::string environment(const SlurmConfig& slurm) {
  return lines(filled(environment_template, {{"launcher_settings", case_pattern(settings_of_mpirun())},
                                             {"kept", case_pattern(kept_variables(slurm))},
                                             {"of_launchers", case_pattern(variables_of_launchers())},
                                             {"of_queries", case_pattern(variables_of_queries())}}));
}

Values values_of_both(const RunConfig& config, const Submitter& submitter) {
  return {{"chdir", directory_in_directive(config.run.out)},
          {"time", config.slurm.time},
          {"environment", environment(config.slurm)},
          {"run", shell_quoted(config.run.out.string())},
          {"parts", std::to_string(config.slurm.array)},
          {"command", words(config.slurm.command.empty() ? submitter.command : config.slurm.command)},
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

bool extra_says_memory(const SlurmConfig& slurm) {
  return std::ranges::any_of(slurm.extra, [](const std::string& option) {
    const std::string name = name_of_option(option);
    return name == "--mem" || name == "--mem-per-cpu" || name == "--mem-per-gpu";
  });
}

int workers_per_node(const SlurmConfig& slurm) {
  return slurm.workers_per_node > 0 ? slurm.workers_per_node : std::max(slurm.gpus_per_node, 1);
}

std::string run_script(const RunConfig& config, const Submitter& submitter, const std::string& memory) {
  const SlurmConfig& slurm = config.slurm;
  check(slurm);
  const bool is_array = slurm.array > 1;
  std::string more;
  if (is_array)
    more += directive(fmt::format("--array=1-{}", slurm.array) +
                      (slurm.array_at_once > 0 ? fmt::format("%{}", slurm.array_at_once) : ""));
  if (!memory.empty()) more += directive("--mem=" + memory);
  if (!slurm.hint.empty()) more += directive("--hint=" + slurm.hint);
  if (slurm.gpus_per_node > 0) more += directive(fmt::format("--gpus-per-node={}", slurm.gpus_per_node));
  Values values = values_of_both(config, submitter);
  values["job_name"] = job_name(config.run.out, is_array ? "part" : "all");
  values["log"] = directory_of_logs(config.run.out) + (is_array ? "/%x-%A_%a.out" : "/%x-%j.out");
  values["submitter"] = shell_quoted(submitter.version);
  values["submitter_digest"] = slurm.command.empty() ? shell_quoted(submitter.digest) : "''";
  values["kept"] = case_pattern(kept_variables(slurm));
  values["of_slurm"] = case_pattern(variables_of_slurm());
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

std::string collect_script(const RunConfig& config, const Submitter& submitter) {
  Values values = values_of_both(config, submitter);
  values["job_name"] = job_name(config.run.out, "collect");
  values["composed"] = find_field("results", "composed")->get(config).get<std::string>();
  values["texts"] = find_field("results", "texts")->get(config).get<std::string>();
  values["log"] = directory_of_logs(config.run.out) + "/%x-%j.out";
  values["options"] = options(config.slurm, "");
  return filled(collect_template, values);
}

}  // namespace lorasweep
