// SPDX-License-Identifier: Apache-2.0
// Checks the values of [slurm] before a job script holds them.
#include "pipeline/config/slurm_kinds.h"

#include <algorithm>
#include <array>
#include <regex>
#include <string_view>

namespace lorasweep::kinds {
namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// sbatch interprets quotes and backslashes in #SBATCH lines itself.
bool is_safe_in_directive(char c) {
  return c >= ' ' && c <= '~' && std::string_view("\"'\\").find(c) == std::string_view::npos;
}

constexpr std::array<std::string_view, 15> set_by_lorasweep = {
    "--job-name",  "--output",          "--error",  "--chdir",         "--open-mode",
    "--requeue",   "--no-requeue",      "--signal", "--array",         "--nodes",
    "--partition", "--ntasks-per-node", "--time",   "--cpus-per-task", "--gpus-per-node"};

}  // namespace

std::string SlurmWord::read(const Json& value, const Directory& directory) const {
  static const std::regex form("[A-Za-z0-9_][A-Za-z0-9_.,-]{0,254}");
  std::string text = Text::read(value, directory);
  if (text.size() > 255 || !std::regex_match(text, form)) refuse("a name of " + allowed(), value);
  return text;
}

std::string SlurmMemory::read(const Json& value, const Directory& directory) const {
  static const std::regex size("[0-9]{1,9}[KMGT]?");
  std::string text = Text::read(value, directory);
  if (text != "auto" && text != "site" && (text.size() > 10 || !std::regex_match(text, size))) refuse(allowed(), value);
  return text;
}

std::string MailAddress::read(const Json& value, const Directory& directory) const {
  static const std::regex form("[A-Za-z0-9_][A-Za-z0-9_.,+@-]{0,254}");
  std::string text = Text::read(value, directory);
  if (text.size() > 255 || !std::regex_match(text, form)) refuse("a mail address of " + allowed(), value);
  return text;
}

std::string SlurmTime::read(const Json& value, const Directory& directory) const {
  static const std::regex form(
      R"([0-9]{1,7}|([0-9]{1,5}:)?[0-9]{1,5}:[0-9]{1,2}|[0-9]{1,4}-[0-9]{1,2}(:[0-9]{1,2}){0,2})");
  std::string text = Text::read(value, directory);
  if (text.size() > 20 || !std::regex_match(text, form)) refuse("a time: " + allowed(), value);
  return text;
}

std::string SlurmOption::read(const Json& value, const Directory& directory) const {
  static const std::regex name_form("--[a-z][a-z0-9-]{1,40}");
  std::string text = Text::read(value, directory);
  const std::string name = text.substr(0, text.find('='));
  if (name.size() > 43 || !std::regex_match(name, name_form) || !std::ranges::all_of(text, is_safe_in_directive))
    refuse("an option like --account=abc, without quotes, backslashes and control characters", value);
  if (std::ranges::find(set_by_lorasweep, name) != set_by_lorasweep.end())
    throw WrongValue("must not hold " + name + ": lorasweep sets it, from the other keys of [slurm]");
  return text;
}

std::string ShellLine::read(const Json& value, const Directory& directory) const {
  std::string text = Text::read(value, directory);
  if (std::ranges::any_of(text, is_control)) refuse("one line without control characters", value);
  return text;
}

}  // namespace lorasweep::kinds
