// SPDX-License-Identifier: Apache-2.0
// lorasweep spectrum: singular values of adapters and of what searches composed.
#include "data/core/file.h"
#include "data/results/results_reader.h"
#include "data/results/spectrum_file.h"
#include "pipeline/cli/command.h"
#include "pipeline/cli/named_place.h"
#include "pipeline/cli/one_of.h"
#include "pipeline/cli/read_back_process.h"
#include "pipeline/collect/output_place.h"
#include "pipeline/outcome/open_results.h"
#include "pipeline/spectrum/spectrum_of_results.h"
#include "pipeline/spectrum/spectrum_text.h"

#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

enum class SpectrumFormat { text, csv, json };

struct SpectrumArguments {
  std::vector<std::filesystem::path> places;
  std::filesystem::path output, adapters;
  AnalysedSearches searches = AnalysedSearches::best;
  SpectrumFormat format = SpectrumFormat::text;
  bool overlap = false;
};

bool is_adapter(const std::filesystem::path& place) { return is_there(place / "adapter_config.json"); }

void require_fitting(const SpectrumArguments& arguments, bool of_adapters) {
  for (const auto& place : arguments.places)
    if (is_adapter(place) != of_adapters || (!of_adapters && arguments.places.size() > 1))
      throw ConfigError(place.string(), "stands beside something else",
                        "name one results file or run, or adapters alone (directories with adapter_config.json)");
  for (const auto& [option, value] : {std::pair("--out", arguments.output), {"--adapters", arguments.adapters}})
    if (of_adapters && !value.empty())
      throw ConfigError(option, "is for results", "leave it out; --format csv and json write to stdout");
  if (arguments.overlap && arguments.format != SpectrumFormat::csv)
    throw ConfigError("--overlap", "is for --format csv only", "leave it out: the other forms have the overlaps");
}

// Replaces results only, as `collect` does.
void write_with_spectrum(const SweepResults& results, const Spectrum& spectrum, const std::filesystem::path& output) {
  const std::filesystem::path place = output_place(output);
  if (is_there(place)) verify_results(place);
  write_results_with_spectrum(results, spectrum, place, read_back_in_own_process);
}

void print(const Spectrum& spectrum, const SpectrumNames& names, const SpectrumArguments& arguments) {
  switch (arguments.format) {
    case SpectrumFormat::text: std::cout << spectrum_table_text(spectrum, names); return;
    case SpectrumFormat::json: std::cout << spectrum_json(spectrum, names); return;
    case SpectrumFormat::csv:
      std::cout << (arguments.overlap ? overlap_csv(spectrum, names) : spectrum_csv(spectrum, names));
  }
}

ExitCode show_spectrum(const SpectrumArguments& arguments) {
  const bool of_adapters = is_adapter(arguments.places.front());
  require_fitting(arguments, of_adapters);
  if (of_adapters) {
    SpectrumNames names;
    for (const auto& place : arguments.places) names.adapters.push_back(place.string());
    print(spectrum_of_adapters(arguments.places), names, arguments);
    return ExitCode::ok;
  }
  const SweepResults results = open_results(arguments.places.front());
  const Spectrum spectrum = spectrum_of_results(results, arguments.searches, arguments.adapters);
  if (!arguments.output.empty()) write_with_spectrum(results, spectrum, arguments.output);
  print(spectrum, {results.adapters.name, results.summary.task}, arguments);
  return ExitCode::ok;
}

}  // namespace

void add_spectrum_command(CLI::App& app, Choice& choice) {
  CLI::App* command = app.add_subcommand(
      "spectrum", "Print the singular values of what adapters and found models change, and how alike they are");
  command->footer(
      "Examples:\n"
      "  lorasweep spectrum runs/demo\n"
      "  lorasweep spectrum runs/demo --searches all -o with-spectrum.h5    # the report of that file shows it\n"
      "  lorasweep spectrum adapters/one adapters/two --format csv > sites.csv");
  const auto arguments = std::make_shared<SpectrumArguments>();
  command->add_option("PLACE", arguments->places, "A results file or run, or directories of adapters")->required();
  command->add_option("-o,--out", arguments->output, "Of results: write them with the spectrum to this file")
      ->check(named_place());
  const std::map<std::string, SpectrumFormat> formats = {
      {"text", SpectrumFormat::text}, {"csv", SpectrumFormat::csv}, {"json", SpectrumFormat::json}};
  command->add_option("--format", arguments->format, "How to lay it out: a row an adapter, or all sites")
      ->transform(one_of(formats))
      ->type_name("text|csv|json")
      ->default_str("text");
  command->add_flag("--overlap", arguments->overlap, "csv: the pairs instead of the sites");
  const std::map<std::string, AnalysedSearches> searches = {{"best", AnalysedSearches::best},
                                                            {"all", AnalysedSearches::all}};
  command
      ->add_option("--searches", arguments->searches, "Of results: of each task the best by its shots, or all searches")
      ->transform(one_of(searches))
      ->type_name("best|all")
      ->default_str("best");
  command->add_option("--adapters", arguments->adapters,
                      "Of results: where the adapters are now, each under its name (default: where they were when the "
                      "run was made)");
  command->callback([arguments, &choice] {
    choice.stranger = arguments->places.front();
    choice.action = [arguments] { return show_spectrum(*arguments); };
  });
}

}  // namespace lorasweep
