// SPDX-License-Identifier: Apache-2.0
// lorasweep help: what `lorasweep COMMAND --help` says, the other way round.
#include "pipeline/cli/command.h"
#include "pipeline/cli/command_line_errors.h"

#include <CLI/Formatter.hpp>

#include <iostream>
#include <memory>
#include <string>

namespace lorasweep {

void add_help_command(CLI::App& app, Choice& choice) {
  CLI::App* command = app.add_subcommand("help", "Explain a command, or list them all");
  const auto name = std::make_shared<std::string>();
  command->add_option("COMMAND", *name, "The command to explain");
  command->callback([&app, name, &choice] {
    choice.action = [&app, name] {
      if (name->empty()) {
        // app.help() would explain this command, which was chosen.
        std::cout << app.get_formatter()->make_help(&app, app.get_name(), CLI::AppFormatMode::Normal);
        return ExitCode::ok;
      }
      const CLI::App* explained = command_named(app, *name);
      if (explained == nullptr) throw unknown_command(app, *name);
      std::cout << explained->help(app.get_name());
      return ExitCode::ok;
    };
  });
}

}  // namespace lorasweep
