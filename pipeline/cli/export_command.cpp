// SPDX-License-Identifier: Apache-2.0
// lorasweep export: results as tables, or the found models as PEFT adapters.
#include "data/results/results_reader.h"
#include "pipeline/cli/command.h"
#include "pipeline/cli/named_place.h"
#include "pipeline/cli/one_of.h"
#include "pipeline/collect/export_adapter.h"
#include "pipeline/collect/export_tables.h"

#include <CLI/Validators.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <optional>

namespace lorasweep {
namespace {

enum class ExportFormat { csv, jsonl, adapter };

struct ExportArguments {
  std::filesystem::path results, directory;
  ExportFormat format = ExportFormat::csv;
  std::optional<int> rank;
};

void export_found_adapters(const SweepResults& results, const ExportArguments& arguments) {
  const std::vector<SiteTruncation> cuts = export_adapters(results, arguments.directory, arguments.rank);
  const auto worst = std::ranges::max_element(cuts, {}, &SiteTruncation::relative_error);
  if (worst != cuts.end())
    spdlog::info("largest relative error of the cut to rank {}: {:.2g}, {} of {}", *arguments.rank,
                 worst->relative_error, worst->module, worst->adapter.string());
}

ExitCode export_results(const ExportArguments& arguments) {
  if (arguments.rank && arguments.format != ExportFormat::adapter)
    throw ConfigError("--rank", "is for --format adapter only", "leave it out");
  verify_results(arguments.results);  // tables go into papers: they must be what was computed
  const SweepResults results = read_results(arguments.results);
  switch (arguments.format) {
    case ExportFormat::csv: export_csv(results, arguments.directory); break;
    case ExportFormat::jsonl: export_jsonl(results, arguments.directory); break;
    case ExportFormat::adapter: export_found_adapters(results, arguments); break;
  }
  std::cout << arguments.directory.string() << "\n";
  return ExitCode::ok;
}

}  // namespace

void add_export_command(CLI::App& app, Choice& choice) {
  CLI::App* command =
      app.add_subcommand("export", "Write results as CSV or JSON lines, or the found models as PEFT adapters");
  command->footer(
      "Examples:\n"
      "  lorasweep export results.h5 --format csv -o tables\n"
      "  lorasweep export results.h5 --format adapter --rank 16 -o adapters-found");
  const auto arguments = std::make_shared<ExportArguments>();
  command->add_option("RESULTS", arguments->results, "A results file")->required();
  const std::map<std::string, ExportFormat> formats = {
      {"csv", ExportFormat::csv}, {"jsonl", ExportFormat::jsonl}, {"adapter", ExportFormat::adapter}};
  command->add_option("--format", arguments->format, "What to write")
      ->required()
      ->transform(one_of(formats))
      ->type_name("csv|jsonl|adapter");
  command->add_option("-o,--out", arguments->directory, "The directory to write to")->required()->check(named_place());
  command->add_option("--rank", arguments->rank, "adapter: cut composed sites to this rank (SVD)");
  command->callback([arguments, &choice] {
    choice.stranger = arguments->results;
    choice.action = [arguments] { return export_results(*arguments); };
  });
}

}  // namespace lorasweep
