// SPDX-License-Identifier: Apache-2.0
// lorasweep validate: everything that is wrong with a sweep's inputs, before any of it costs time.
#include "pipeline/cli/command.h"
#include "pipeline/cli/config_argument.h"
#include "pipeline/cli/sweep_json.h"
#include "pipeline/cli/sweep_summary.h"

#include <iostream>
#include <memory>
#include <string>

namespace lorasweep {
namespace {

struct ValidateArguments {
  ConfigArgument config;
  PredictionOptions prediction;
  bool all_values = false;
  bool json = false;
};

ExitCode validate(const ValidateArguments& arguments) {
  const std::string schema = arguments.json ? "lorasweep.validate/1" : "";
  return with_document(schema, [&] {
    const ExitCode code = show_sweep(arguments.config.load(), arguments.prediction,
                                     arguments.all_values ? LibraryValues::checked : LibraryValues::affordable, schema);
    if (code == ExitCode::ok && !arguments.json) std::cout << "ok\n";
    return code;
  });
}

}  // namespace

void add_validate_command(CLI::App& app, Choice& choice) {
  CLI::App* command =
      app.add_subcommand("validate", "Check a configuration and all its inputs without running anything");
  const auto arguments = std::make_shared<ValidateArguments>();
  arguments->config.add_to(*command);
  arguments->prediction.add_to(*command);
  command->add_flag("--values", arguments->all_values,
                    "Read all values of the adapters, too, where their files hold more than 1 GiB");
  command->add_flag("--json", arguments->json, "One JSON document (docs/json.md), with all problems, too");
  command->callback([arguments, &choice] { choice.action = [arguments] { return validate(*arguments); }; });
}

}  // namespace lorasweep
