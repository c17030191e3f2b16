// SPDX-License-Identifier: Apache-2.0
// lorasweep show: the accuracies of a sweep with their intervals.
#include "pipeline/cli/command.h"
#include "pipeline/cli/table_options.h"
#include "pipeline/outcome/open_results.h"

#include <filesystem>
#include <iostream>
#include <memory>

namespace lorasweep {
namespace {

struct ShowArguments {
  std::filesystem::path place;
  TableFormat format = TableFormat::text;
  Scoring scoring = Scoring::lorahub;
};

ExitCode show(const ShowArguments& arguments) {
  const SweepResults results = open_results(arguments.place, TextsKept::none);
  std::cout << outcome_table(results, outcome_of(results, arguments.scoring), arguments.format);
  return ExitCode::ok;
}

}  // namespace

void add_show_command(CLI::App& app, Choice& choice) {
  CLI::App* command =
      app.add_subcommand("show", "Print the accuracies of a finished or running sweep, with 95 % intervals and tests");
  command->footer(
      "Examples:\n"
      "  lorasweep show runs/demo\n"
      "  lorasweep show results.h5 --format latex");
  const auto arguments = std::make_shared<ShowArguments>();
  command->add_option("RESULTS", arguments->place, "A results file, a run directory or a journal")->required();
  add_format_option(*command, arguments->format);
  add_scoring_option(*command, arguments->scoring);
  command->callback([arguments, &choice] {
    choice.stranger = arguments->place;
    choice.action = [arguments] { return show(*arguments); };
  });
}

}  // namespace lorasweep
