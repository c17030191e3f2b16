// SPDX-License-Identifier: Apache-2.0
// lorasweep status: how far a run is, whether somebody works on it, and what the queue says of its jobs.
#include "pipeline/cli/command.h"
#include "pipeline/report/terminal.h"
#include "pipeline/submit/run_status.h"

#include <CLI/Validators.hpp>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <thread>

namespace lorasweep {
namespace {

constexpr int seconds_between_questions_to_squeue = 30;

struct StatusArguments {
  std::filesystem::path run;
  bool json = false;
  int watch = 0;  ///< seconds between two looks; 0: one look
};

void show(const RunStatus& status, const StatusArguments& arguments, const Terminal& terminal) {
  if (arguments.watch == 0 || arguments.json) {
    std::cout << (arguments.json ? status_json(status) : status_text(status)) << std::flush;
  } else if (terminal.rewrites) {
    const Screen screen{.lines = terminal.lines > 1 ? terminal.lines - 1 : 0, .columns = terminal.columns};
    std::cout << "\x1b[H\x1b[J" << status_text(status, screen) << std::flush;
  } else {
    std::cout << status_text(status) << "\n" << std::flush;
  }
}

// Until nobody works on the run any more.
ExitCode watch(const StatusArguments& arguments) {
  std::optional<std::vector<QueuedJob>> jobs;
  for (int since_asked = seconds_between_questions_to_squeue;; since_asked += arguments.watch) {
    RunStatus status = status_without_jobs(arguments.run);
    if (since_asked >= seconds_between_questions_to_squeue) {
      look_for_jobs(status, arguments.run);
      jobs = status.jobs;
      since_asked = 0;
    }
    status.jobs = jobs;
    show(status, arguments, terminal_of(stdout));
    if (!may_go_on(status) || !std::cout) return ExitCode::ok;
    std::this_thread::sleep_for(std::chrono::seconds(arguments.watch));
  }
}

}  // namespace

void add_status_command(CLI::App& app, Choice& choice) {
  CLI::App* command = app.add_subcommand(
      "status", "Say how far a run is, whether somebody works on it, and what SLURM's queue says of its jobs");
  command->footer(
      "Disturbs no run, and may be asked on any node that sees the directory.\n"
      "Examples:\n"
      "  lorasweep status runs/bbh\n"
      "  lorasweep status runs/bbh --watch           again every 2 s, until nobody works on the run\n"
      "  lorasweep status runs/bbh --json            docs/json.md");
  const auto arguments = std::make_shared<StatusArguments>();
  command->add_option("RUN", arguments->run, "The directory of a run")->required();
  command->add_flag("--json", arguments->json, "One JSON document; with --watch one after the other");
  command
      ->add_flag("--watch{2}", arguments->watch,
                 "Look again every 2 s (--watch=N: every N), until nobody works on the run")
      ->check(CLI::Range(1, 86400));
  command->callback([arguments, &choice] {
    choice.stranger = arguments->run;  // it may hold anybody's results.h5
    choice.action = [arguments] {
      if (arguments->watch > 0) return watch(*arguments);
      show(status_of(arguments->run), *arguments, terminal_of(stdout));
      return ExitCode::ok;
    };
  });
}

}  // namespace lorasweep
