// SPDX-License-Identifier: Apache-2.0
// lorasweep export: results as tables or in lm-eval's layout, or the found models as PEFT adapters.
#include "data/core/file.h"
#include "data/results/results_reader.h"
#include "pipeline/cli/command.h"
#include "pipeline/cli/named_place.h"
#include "pipeline/cli/one_of.h"
#include "pipeline/cli/reading_time.h"
#include "pipeline/collect/compose_again.h"
#include "pipeline/collect/export_adapter.h"
#include "pipeline/collect/export_lm_eval.h"
#include "pipeline/collect/export_tables.h"
#include "pipeline/manifest/run_directory.h"
#include "pipeline/recheck/cost_of_cut.h"

#include <CLI/Validators.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace lorasweep {
namespace {

enum class ExportFormat { csv, jsonl, lm_eval, adapter };
/// Of which searches adapters are exported.
enum class ExportedSearches {
  all,   ///< every finished one: what the file does not hold is composed again
  held,  ///< those whose composed adapters are in the file
};

struct ExportArguments {
  std::filesystem::path results, directory, adapters;
  ExportFormat format = ExportFormat::csv;
  std::optional<int> rank;
  ExportedSearches searches = ExportedSearches::all;
};

// The adapters are written by now: what cannot be computed again is said, and costs nobody the export.
void say_what_the_cut_costs(const SweepResults& results, const ExportArguments& arguments) {
  try {
    for (const CostOfCut& cost : costs_of_cut(results, arguments.directory))
      std::cout << fmt::format("{} r{}: loss on the shots {:.6g}, cut to rank {}: {:.6g}\n",
                               results.summary.task.at(static_cast<std::size_t>(cost.task)), cost.replicate, cost.whole,
                               *arguments.rank, cost.cut);
  } catch (const InputError& error) {
    spdlog::warn(
        "what the cut costs on the shots is not known: {}; it is computed with the base model where the run had it, "
        "and the texts of the shots in the results file",
        error.what());
  }
}

void export_found_adapters(SweepResults results, std::string sha256, const ExportArguments& arguments) {
  if (arguments.searches == ExportedSearches::all)
    std::ranges::move(compose_again(results, arguments.adapters), std::back_inserter(results.composed));
  const std::vector<SiteTruncation> cuts =
      export_adapters(results, arguments.directory, arguments.rank, std::move(sha256));
  const auto worst = std::ranges::max_element(cuts, {}, &SiteTruncation::relative_error);
  if (worst != cuts.end())
    spdlog::info("largest relative error of the cut to rank {}: {:.2g}, {} of {}", *arguments.rank,
                 worst->relative_error, worst->module, worst->adapter.string());
  if (arguments.rank) say_what_the_cut_costs(results, arguments);
}

void export_samples(const SweepResults& results, const std::filesystem::path& directory) {
  if (const std::size_t without = export_lm_eval(results, directory); without != 0)
    spdlog::warn(
        "the results hold no texts of {} task{}: no samples of {} were written; `lorasweep collect RUN "
        "--texts all` makes results that hold them",
        without, without == 1 ? "" : "s", without == 1 ? "it" : "them");
}

// Of a run, its results file.
std::filesystem::path results_file(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(path, ignored)) return path;
  if (!is_there(results_path(path)))
    throw InputError(
        path.string(), fmt::format("has no {}", results_path(path).filename().string()),
        "name a results file, or a run that is complete; `lorasweep run DIR` continues one, `lorasweep collect` "
        "makes results of what there is");
  return results_path(path);
}

ExitCode export_results(const ExportArguments& arguments) {
  if (arguments.rank && arguments.format != ExportFormat::adapter)
    throw ConfigError("--rank", "is for --format adapter only", "leave it out");
  if (!arguments.adapters.empty() && arguments.format != ExportFormat::adapter)
    throw ConfigError("--adapters", "is for --format adapter only", "leave it out");
  const std::filesystem::path file = results_file(arguments.results);
  const auto [sha256, results] = [&] {
    const ReadingTime limit(file);
    std::string digest = verify_results(file);  // tables go into papers: they must be what was computed
    return std::pair(std::move(digest), read_results(file));
  }();
  switch (arguments.format) {
    case ExportFormat::csv: export_csv(results, arguments.directory); break;
    case ExportFormat::jsonl: export_jsonl(results, arguments.directory); break;
    case ExportFormat::lm_eval: export_samples(results, arguments.directory); break;
    case ExportFormat::adapter: export_found_adapters(results, sha256, arguments); break;
  }
  std::cout << arguments.directory.string() << "\n";
  return ExitCode::ok;
}

}  // namespace

void add_export_command(CLI::App& app, Choice& choice) {
  CLI::App* command = app.add_subcommand(
      "export", "Write results as CSV, as JSON lines or as lm-eval does, or the found models as PEFT adapters");
  command->footer(
      "Examples:\n"
      "  lorasweep export runs/bbh --format csv -o tables\n"
      "  lorasweep export runs/bbh --format lm-eval -o lm-eval\n"
      "  lorasweep export results.h5 --format adapter --rank 16 -o adapters-found");
  const auto arguments = std::make_shared<ExportArguments>();
  command->add_option("RESULTS", arguments->results, "A results file, or the directory of a run")->required();
  const std::map<std::string, ExportFormat> formats = {{"csv", ExportFormat::csv},
                                                       {"jsonl", ExportFormat::jsonl},
                                                       {"lm-eval", ExportFormat::lm_eval},
                                                       {"adapter", ExportFormat::adapter}};
  command->add_option("--format", arguments->format, "What to write")
      ->required()
      ->transform(one_of(formats))
      ->type_name("csv|jsonl|lm-eval|adapter");
  command->add_option("-o,--out", arguments->directory, "The directory to write to")->required()->check(named_place());
  command->add_option("--rank", arguments->rank,
                      "adapter: cut composed sites to this rank (SVD), and say what that costs on the shots");
  command->add_option("--adapters", arguments->adapters,
                      "adapter: where the adapters are now, each under its name (default: where they were when the run "
                      "was made)");
  const std::map<std::string, ExportedSearches> searches = {{"all", ExportedSearches::all},
                                                            {"held", ExportedSearches::held}};
  command
      ->add_option("--searches", arguments->searches,
                   "adapter: of all searches, or only those whose adapters the file holds; others are composed again")
      ->transform(one_of(searches))
      ->type_name("all|held");
  command->callback([arguments, &choice] {
    choice.stranger = arguments->results;  // of a directory, its results file is read there
    choice.action = [arguments] { return export_results(*arguments); };
  });
}

}  // namespace lorasweep
