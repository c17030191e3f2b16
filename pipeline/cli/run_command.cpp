// SPDX-License-Identifier: Apache-2.0
// lorasweep run: the sweep itself, alone or as one rank of an MPI job.
#include "pipeline/cli/command.h"
#include "pipeline/cli/config_argument.h"
#include "pipeline/cli/found_rows_process.h"
#include "pipeline/cli/read_back_process.h"
#include "pipeline/cli/resume_option.h"
#include "pipeline/cli/sweep_json.h"
#include "pipeline/cli/sweep_summary.h"
#include "pipeline/run/run_sweep.h"

#include <CLI/Validators.hpp>

#include <memory>
#include <string>

namespace lorasweep {
namespace {

struct RunArguments {
  ConfigArgument config;
  ResumeMode resume = ResumeMode::automatic;
  bool dry_run = false;
  bool json = false;
  PredictionOptions prediction;
};

ExitCode show(const RunArguments& arguments) {
  const std::string schema = arguments.json ? "lorasweep.dry_run/1" : "";
  return with_document(schema, [&] {
    return show_sweep(arguments.config.load(), arguments.prediction, LibraryValues::affordable, schema);
  });
}

}  // namespace

void add_run_command(CLI::App& app, Choice& choice) {
  CLI::App* command =
      app.add_subcommand("run", "Run or continue a sweep; under mpirun, rank 0 schedules and the others evaluate");
  command->footer(
      "Examples:\n"
      "  lorasweep run sweep.toml\n"
      "  mpirun -n 17 lorasweep run sweep.toml --out runs/bbh --set search.seeds=1,2,3\n"
      "  lorasweep run runs/bbh                     continues that run");
  const auto arguments = std::make_shared<RunArguments>();
  arguments->config.add_to(*command);
  add_resume_option(*command, arguments->resume, "run");
  CLI::Option* dry_run =
      command->add_flag("-n,--dry-run", arguments->dry_run, "Only check the inputs and say what would be done");
  arguments->prediction.add_to(*command, dry_run);
  command->add_flag("--json", arguments->json, "With --dry-run: one JSON document (docs/json.md)")->needs(dry_run);
  command->callback([arguments, &choice] {
    choice.action = [arguments, &choice] {
      if (arguments->dry_run) return show(*arguments);
      return run_sweep({.load = [arguments] { return arguments->config.load(); },
                        .resume = arguments->resume,
                        .argv = choice.argv,
                        .read_back = read_back_in_own_process,
                        .read_found = found_rows_in_own_process});
    };
  });
}

}  // namespace lorasweep
