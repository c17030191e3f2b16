// SPDX-License-Identifier: Apache-2.0
// lorasweep validate: everything that is wrong with a sweep's inputs, before any of it costs time.
#include "pipeline/cli/command.h"
#include "pipeline/cli/config_argument.h"
#include "pipeline/cli/sweep_summary.h"

#include <iostream>
#include <memory>

namespace lorasweep {
namespace {

ExitCode validate(const ConfigArgument& argument) {
  const ExitCode code = show_sweep(argument.load());
  if (code == ExitCode::ok) std::cout << "ok\n";
  return code;
}

}  // namespace

void add_validate_command(CLI::App& app, Choice& choice) {
  CLI::App* command =
      app.add_subcommand("validate", "Check a configuration and all its inputs without running anything");
  const auto argument = std::make_shared<ConfigArgument>();
  argument->add_to(*command);
  command->callback([argument, &choice] { choice.action = [argument] { return validate(*argument); }; });
}

}  // namespace lorasweep
