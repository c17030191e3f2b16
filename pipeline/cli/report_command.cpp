// SPDX-License-Identifier: Apache-2.0
// lorasweep report: results as one HTML file for people.
#include "pipeline/cli/command.h"
#include "pipeline/cli/named_place.h"
#include "pipeline/cli/strangers.h"
#include "pipeline/cli/table_options.h"
#include "pipeline/outcome/open_results.h"
#include "pipeline/page/page.h"

#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

struct ReportArguments {
  std::vector<std::filesystem::path> places;
  std::filesystem::path output;
  PageOptions options;
};

ExitCode write_report(const ReportArguments& arguments) {
  if (const auto code = first_unreadable_of_others(arguments.places)) return *code;
  std::vector<NamedResults> files;
  std::vector<std::optional<Spectrum>> spectra;
  for (const auto& place : arguments.places) {
    files.push_back({place.string(), open_results(place)});
    spectra.push_back(open_spectrum(place, files.back().results));
  }
  write_page(page(files, arguments.options, spectra), arguments.output);
  std::cout << arguments.output.string() << "\n";
  return ExitCode::ok;
}

}  // namespace

void add_report_command(CLI::App& app, Choice& choice) {
  CLI::App* command = app.add_subcommand(
      "report", "Write results as one HTML file to look at: tables, drawings, answers; several files are compared");
  command->footer(
      "Examples:\n"
      "  lorasweep report runs/demo -o report.html\n"
      "  lorasweep report lorahub.h5 exact.h5 -o compared.html --answers none");
  const auto arguments = std::make_shared<ReportArguments>();
  command->add_option("RESULTS", arguments->places, "Results files, run directories or journals")->required();
  command->add_option("-o,--out", arguments->output, "The HTML file to write")->required()->check(named_place());
  const std::map<std::string, ShownAnswers> words = {
      {"none", ShownAnswers::none}, {"changed", ShownAnswers::changed}, {"all", ShownAnswers::all}};
  command
      ->add_option("--answers", arguments->options.answers,
                   "Which answers are in it: none, those that became right or wrong, or all")
      ->transform(one_of(words))
      ->type_name("none|changed|all")
      ->default_str("changed");
  add_scoring_option(*command, arguments->options.scoring);
  command->callback([arguments, &choice] {
    choice.stranger = arguments->places.front();
    choice.action = [arguments] { return write_report(*arguments); };
  });
}

}  // namespace lorasweep
