// SPDX-License-Identifier: Apache-2.0
// Reads the tables of options and writes scripts of shells.
#include "pipeline/cli/completion.h"

#include "pipeline/config/config_schema.h"

#include <CLI/Option.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <sstream>

namespace lorasweep {
namespace {

std::vector<std::string> words_of(const std::string& type) {
  std::vector<std::string> words;
  if (type.find('|') == std::string::npos) return words;
  std::istringstream all(type);
  for (std::string word; std::getline(all, word, '|');) words.push_back(word);
  return words;
}

std::string settings() {
  std::string all;
  for (const Field& field : config_fields()) all += (all.empty() ? "" : " ") + field.name() + "=";
  return all;
}

std::string names_of(const std::vector<const CLI::App*>& commands) {
  std::string all;
  for (const CLI::App* command : commands) all += (all.empty() ? "" : " ") + command->get_name();
  return all;
}

std::string bash_values(const ShownOption& option) {
  const std::string names = fmt::format("{}", fmt::join(option.names, " | "));
  if (option.names.back() == "--set")
    return fmt::format("      {}) compopt -o nospace; COMPREPLY=($(compgen -W '{}' -- \"$cur\")); return ;;\n", names,
                       settings());
  if (!option.words.empty())
    return fmt::format("      {}) COMPREPLY=($(compgen -W '{}' -- \"$cur\")); return ;;\n", names,
                       fmt::join(option.words, " "));
  return fmt::format("      {}) compopt -o filenames; COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n", names);
}

std::string bash_case(const CLI::App& command, const std::string& words) {
  std::string values, names;
  for (const ShownOption& option : shown_options(command)) {
    for (const std::string& name : option.names) names += (names.empty() ? "" : " ") + name;
    if (!option.value.empty()) values += bash_values(option);
  }
  std::string text = fmt::format("    {})\n", command.get_name());
  if (!values.empty()) text += "      case $prev in\n" + values + "      esac\n";
  text += fmt::format("      options='{}'\n", names);
  return text + (words.empty() ? "" : fmt::format("      words='{}'\n", words)) + "      ;;\n";
}

// What a command's place takes beside files.
std::string words_of_places(const CLI::App& command, const std::string& commands) {
  if (command.get_name() == "help") return commands;
  for (const CLI::Option* option : command.get_options())
    if (option->get_positional())
      if (const auto words = words_of(option->get_type_name()); !words.empty())
        return fmt::format("{}", fmt::join(words, " "));
  return "";
}

// Within '...[...]' of zsh's _arguments.
std::string zsh_text(const std::string& text) {
  std::string quoted;
  for (const char c : text) {
    if (c == '\'')
      quoted += "'\\''";
    else if (c == '[' || c == ']' || c == ':' || c == '\\')
      quoted += std::string("\\") + c;
    else
      quoted += c == '\n' ? ' ' : c;
  }
  return quoted;
}

std::string zsh_option(const ShownOption& option) {
  std::string value;
  if (option.names.back() == "--set")
    value = fmt::format(":setting:({})", settings());
  else if (!option.words.empty())
    value = fmt::format(":{}:({})", zsh_text(option.value), fmt::join(option.words, " "));
  else if (!option.value.empty())
    value = fmt::format(":{}:_files", zsh_text(option.value));
  std::string lines;
  for (const std::string& name : option.names)
    lines += fmt::format(" \\\n        '*{}[{}]{}'", name, zsh_text(option.description), value);
  return lines;
}

}  // namespace

std::vector<const CLI::App*> shown_commands(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* command) { return !command->get_group().empty(); });
}

std::vector<ShownOption> shown_options(const CLI::App& command) {
  std::vector<ShownOption> options;
  for (const CLI::Option* option : command.get_options()) {
    if (!option->nonpositional() || option->get_group().empty()) continue;
    ShownOption shown{.names = {}, .description = option->get_description(), .value = "", .words = {}};
    for (const std::string& name : option->get_snames()) shown.names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) shown.names.push_back("--" + name);
    if (option->get_items_expected_max() > 0) {
      shown.value = option->get_type_name().empty() ? "VALUE" : option->get_type_name();
      shown.words = words_of(shown.value);
    }
    options.push_back(std::move(shown));
  }
  return options;
}

std::string bash_completion(const CLI::App& app) {
  const std::string commands = names_of(shown_commands(app));
  std::string text =
      "# bash completion for lorasweep; written by `lorasweep completion bash`\n"
      "_lorasweep() {\n"
      "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command='' options='' words='' i\n"
      "  COMPREPLY=()\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    [[ ${COMP_WORDS[i]} == -* ]] || { command=${COMP_WORDS[i]}; break; }\n"
      "  done\n"
      "  case $command in\n";
  text += fmt::format("    '') words='{}' options='--help --version' ;;\n", commands);
  for (const CLI::App* command : shown_commands(app)) text += bash_case(*command, words_of_places(*command, commands));
  return text +
         "  esac\n"
         "  if [[ $cur == -* ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
         "  elif [[ -n $words ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
         "  else\n"
         "    compopt -o filenames\n"
         "    COMPREPLY=($(compgen -f -- \"$cur\"))\n"
         "  fi\n"
         "}\n"
         "complete -F _lorasweep lorasweep\n";
}

std::string zsh_completion(const CLI::App& app) {
  const std::vector<const CLI::App*> commands = shown_commands(app);
  std::string text =
      "#compdef lorasweep\n"
      "# zsh completion for lorasweep; written by `lorasweep completion zsh`\n"
      "_lorasweep() {\n"
      "  local curcontext=$curcontext state line\n"
      "  local -a commands\n"
      "  commands=(\n";
  for (const CLI::App* command : commands)
    text += fmt::format("    '{}:{}'\n", command->get_name(), zsh_text(command->get_description()));
  text +=
      "  )\n"
      "  _arguments -C '(- *)--help[Explain the program]' '(- *)--version[Say which version it is]' \\\n"
      "    '1:command:->command' '*::argument:->argument'\n"
      "  case $state in\n"
      "  command) _describe command commands ;;\n"
      "  argument)\n"
      "    case $words[1] in\n";
  for (const CLI::App* command : commands) {
    text += fmt::format("    {})\n      _arguments", command->get_name());
    for (const ShownOption& option : shown_options(*command)) text += zsh_option(option);
    const std::string words = words_of_places(*command, names_of(commands));
    text += words.empty() ? " \\\n        '*:file:_files' ;;\n" : fmt::format(" \\\n        '*:word:({})' ;;\n", words);
  }
  return text +
         "    esac ;;\n"
         "  esac\n"
         "}\n"
         "_lorasweep \"$@\"\n";
}

}  // namespace lorasweep
