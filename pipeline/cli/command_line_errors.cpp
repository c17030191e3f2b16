// SPDX-License-Identifier: Apache-2.0
// Turns the parser's errors into ours.
#include "pipeline/cli/command_line_errors.h"

#include "pipeline/config/nearest_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

namespace lorasweep {
namespace {

// The innermost command that was reached.
const CLI::App& reached(const CLI::App& app) {
  const std::vector<CLI::App*> parsed = app.get_subcommands();
  return parsed.empty() ? app : reached(*parsed.back());
}

std::string help_of(const CLI::App& command) {
  return command.get_parent() == nullptr ? "`lorasweep --help` lists the commands"
                                         : fmt::format("`lorasweep help {}` explains it", command.get_name());
}

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

ConfigError unexpected(const CLI::App& command, const std::string& word, const std::string& where) {
  if (!word.starts_with('-')) return {where, fmt::format("there is no place for \"{}\"", word), help_of(command)};
  const std::string name = word.substr(0, word.find('='));
  const std::optional<std::string> meant = nearest_name(name, option_names(command));
  return {where, "unknown option " + name, meant ? fmt::format("did you mean {}?", *meant) : help_of(command)};
}

}  // namespace

const CLI::App* command_named(const CLI::App& app, const std::string& name) {
  for (const CLI::App* command : app.get_subcommands({}))
    if (command->get_name() == name) return command;
  return nullptr;
}

ConfigError unknown_command(const CLI::App& app, const std::string& name) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({}))
    if (!command->get_group().empty()) names.push_back(command->get_name());
  const std::optional<std::string> meant = nearest_name(name, names);
  return {"", "unknown command " + name, meant ? fmt::format("did you mean {}?", *meant) : help_of(app)};
}

ConfigError command_line_error(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& command = reached(app);
  const std::string where = command.get_parent() == nullptr ? "" : "lorasweep " + command.get_name();
  // A mistyped option is often why another one is missing.
  const std::vector<std::string> words = app.remaining(true);
  const auto option =
      std::ranges::find_if(words, [](const std::string& word) { return word.size() > 1 && word.starts_with('-'); });
  if (option != words.end()) return unexpected(command, *option, where);
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr && !words.empty())
    return unexpected(command, words.front(), where);
  return {where, error.what(), help_of(command)};
}

}  // namespace lorasweep
