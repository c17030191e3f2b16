// SPDX-License-Identifier: Apache-2.0
// Finds the configuration behind a path: a file's text, or what a run's journal recorded.
#include "pipeline/cli/config_argument.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "data/core/json.h"
#include "data/journal/journal.h"
#include "pipeline/cli/named_place.h"
#include "pipeline/manifest/run_directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <variant>

namespace lorasweep {
namespace {

LoadedConfig load_from_journal(const std::filesystem::path& run, std::vector<std::string> flags) {
  const std::string where = journal_path(run).string();
  const JournalContent content = read_journal(where);
  for (const Record& record : content.records | std::views::reverse) {
    const auto* session = std::get_if<SessionRecord>(&record);
    if (session == nullptr) continue;
    const auto json = parse_json(session->json, where);
    if (!json.is_object() || !json.contains("config")) continue;
    flags.insert(flags.begin(), "run.out=" + std::filesystem::absolute(run).string());
    return recorded_config(json["config"], where, flags);
  }
  throw InputError(where, "does not say how the run was configured",
                   "name the run's TOML file, with --out " + run.string());
}

// A run continues with the settings that it was started with.
LoadedConfig with_warnings(LoadedConfig loaded) {
  for (const std::string& variable : process_environment())
    if (is_setting_variable(variable))
      loaded.warnings.push_back(
          fmt::format("the environment variable {} is ignored: a run that is named by its directory continues with the "
                      "settings that it was started with, except for --set",
                      variable.substr(0, variable.find('='))));
  return loaded;
}

}  // namespace

void ConfigArgument::add_to(CLI::App& command) {
  command.add_option("CONFIG", path, "A TOML file (lorasweep init writes one), or the directory of a run")->required();
  command.add_option("--set", flags, "section.key=value: wins over environment and file; repeatable")
      ->take_all()
      ->allow_extra_args(false);
  command.add_option("-o,--out", out, "The run's directory; the same as --set run.out=DIR")->check(named_place());
}

LoadedConfig ConfigArgument::load() const {
  std::vector<std::string> all = flags;
  if (!out.empty()) all.push_back("run.out=" + out);
  if (std::filesystem::is_directory(path)) {
    if (std::filesystem::exists(journal_path(path))) return with_warnings(load_from_journal(path, all));
    throw ConfigError(path.string(), "is a directory without a run's journal", "name a TOML file");
  }
  if (!is_there(path))
    throw ConfigError(path.string(), "there is no such file or directory",
                      "name a TOML file, which `lorasweep init` writes, or the directory of a run");
  const std::vector<std::string> environment = process_environment();
  return load_config({.file = path, .environment = environment, .flags = all});
}

}  // namespace lorasweep
