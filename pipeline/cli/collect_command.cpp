// SPDX-License-Identifier: Apache-2.0
// lorasweep collect: several runs become one results file.
#include "pipeline/cli/command.h"
#include "pipeline/cli/json_text.h"
#include "pipeline/cli/named_place.h"
#include "pipeline/cli/one_of.h"
#include "pipeline/cli/read_back_process.h"
#include "pipeline/collect/collect_runs.h"

#include <cstddef>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

struct CollectArguments {
  std::vector<std::filesystem::path> runs;
  std::filesystem::path output;
  ResultsRequest request;
  bool json = false;
};

const std::map<std::string, ComposedAdaptersKept>& composed_words() {
  static const std::map<std::string, ComposedAdaptersKept> words = {
      {"best", ComposedAdaptersKept::best}, {"none", ComposedAdaptersKept::none}, {"all", ComposedAdaptersKept::all}};
  return words;
}

const std::map<std::string, TextsKept>& texts_words() {
  static const std::map<std::string, TextsKept> words = {{"all", TextsKept::all}, {"none", TextsKept::none}};
  return words;
}

ExitCode tell_programs(const SweepResults& results, const std::filesystem::path& file, std::size_t failed_trials) {
  std::cout << json_text({{"schema", "lorasweep.collect/1"},
                          {"results", file.string()},
                          {"run_uuid", results.run_uuid},
                          {"complete", results.complete},
                          {"units", results.n_units},
                          {"failed_units", results.n_failed},
                          {"failed_trials", failed_trials},
                          {"tasks", results.summary.task},
                          {"seeds", results.summary.seed}});
  return results.complete && results.n_failed == 0 && failed_trials == 0 ? ExitCode::ok : ExitCode::failed_units;
}

}  // namespace

void add_collect_command(CLI::App& app, Choice& choice) {
  CLI::App* command =
      app.add_subcommand("collect", "Merge runs into one results file; contradictions between them are refused");
  command->footer("Example:\n  lorasweep collect runs/seeds-1-3 runs/seeds-4-5 -o results.h5");
  const auto arguments = std::make_shared<CollectArguments>();
  command->add_option("RUN", arguments->runs, "Run directories or journals")->required();
  command->add_option("-o,--out", arguments->output, "The results file to write")->required()->check(named_place());
  command->add_option(
      "--adapters", arguments->request.moved_to,
      "Where the adapters are now, each under its name (default: where they were when the run was made)");
  command
      ->add_option("--composed", arguments->request.kept.composed,
                   "Which composed adapters the file holds (results.composed)")
      ->transform(one_of(composed_words()))
      ->type_name("best|none|all");
  command->add_option("--texts", arguments->request.kept.texts, "Whether it holds the tasks' texts (results.texts)")
      ->transform(one_of(texts_words()))
      ->type_name("all|none");
  command->add_flag("--json", arguments->json, "One JSON document (docs/json.md) instead of the table");
  command->callback([arguments, &choice] {
    choice.action = [arguments] {
      return collect_runs(arguments->runs, arguments->output, arguments->request, read_back_in_own_process,
                          arguments->json ? tell_programs : tell_people);
    };
  });
}

}  // namespace lorasweep
