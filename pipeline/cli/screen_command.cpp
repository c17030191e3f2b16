// SPDX-License-Identifier: Apache-2.0
// lorasweep screen: every adapter of the library alone on every task's shots, and nothing else.
#include "pipeline/cli/command.h"
#include "pipeline/cli/config_argument.h"
#include "pipeline/cli/read_back_process.h"
#include "pipeline/cli/resume_option.h"
#include "pipeline/run/run_sweep.h"

#include <CLI/Validators.hpp>

#include <memory>

namespace lorasweep {
namespace {

struct ScreenArguments {
  ConfigArgument config;
  ResumeMode resume = ResumeMode::automatic;
};

}  // namespace

void add_screen_command(CLI::App& app, Choice& choice) {
  CLI::App* command = app.add_subcommand(
      "screen", "Evaluate every adapter of the library alone on every task's shots; under mpirun as `run` is");
  command->footer(
      "The directory gets a journal, results.h5 with the group /screen, and screen.csv.\n"
      "Examples:\n"
      "  lorasweep screen sweep.toml --out runs/screen\n"
      "  mpirun -n 17 lorasweep screen sweep.toml --out runs/screen --set tasks.names=navigate");
  const auto arguments = std::make_shared<ScreenArguments>();
  arguments->config.add_to(*command);
  add_resume_option(*command, arguments->resume, "screen");
  command->callback([arguments, &choice] {
    choice.action = [arguments, &choice] {
      return run_sweep({.load = [arguments] { return arguments->config.load(); },
                        .resume = arguments->resume,
                        .screen_only = true,
                        .argv = choice.argv,
                        .read_back = read_back_in_own_process});
    };
  });
}

}  // namespace lorasweep
