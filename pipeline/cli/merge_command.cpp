// SPDX-License-Identifier: Apache-2.0
// lorasweep merge: adapters merged by a fixed rule, as one adapter.
#include "data/core/file.h"
#include "pipeline/cli/command.h"
#include "pipeline/cli/named_place.h"
#include "pipeline/cli/one_of.h"
#include "pipeline/merge/merge_adapters.h"
#include "pipeline/merge/merge_searches.h"
#include "pipeline/outcome/open_results.h"

#include <CLI/Validators.hpp>

#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <string>

namespace lorasweep {
namespace {

struct MergeArguments {
  MergeRequest request;
  std::filesystem::path directory, moved_to;
};

ExitCode merge(const MergeArguments& arguments) {
  const MergeRequest& request = arguments.request;
  const bool of_adapters = is_there(request.adapters.front() / "adapter_config.json");
  if (of_adapters && !arguments.moved_to.empty())
    throw ConfigError("--adapters", "is for results", "leave it out: adapters are named one by one");
  if (!of_adapters && request.adapters.size() > 1)
    throw ConfigError(request.adapters.front().string(), "is no adapter, and stands beside others",
                      "name adapters (directories with adapter_config.json), or one results file or run alone");
  if (!of_adapters && !request.weights.empty())
    throw ConfigError("--weights", "is for adapters", "leave it out: adapters of searches are merged at equal weights");
  if (of_adapters)
    merge_adapters(request, arguments.directory);
  else
    merge_searches(open_results(request.adapters.front(), TextsKept::none), request.rule, arguments.directory,
                   arguments.moved_to);
  std::cout << arguments.directory.string() << "\n";
  return ExitCode::ok;
}

}  // namespace

void add_merge_command(CLI::App& app, Choice& choice) {
  CLI::App* command = app.add_subcommand(
      "merge", "Merge adapters by a fixed rule, as PEFT's add_weighted_adapter does, to one adapter");
  command->footer(
      "Examples:\n"
      "  lorasweep merge adapters/one adapters/two --method ties_svd -o merged\n"
      "  lorasweep merge adapters/one adapters/two --method cat --weights 0.7,0.3 -o merged\n"
      "  lorasweep merge runs/demo --method ties_svd -o ties   # of every search its own adapters, and weights.csv\n"
      "  lorasweep run demo.toml --out runs/ties --set adapters.dir=ties --set search.method=given \\\n"
      "      --set search.weights=ties/weights.csv");
  const auto arguments = std::make_shared<MergeArguments>();
  arguments->request.rule = {.merge = StaticMerge::svd, .rank = 0};
  MergeRequest& request = arguments->request;
  command
      ->add_option("PLACE", request.adapters,
                   "Directories of adapters of one base model; or a results file or run, whose searches' adapters are "
                   "merged")
      ->required();
  command
      ->add_option("-o,--out", arguments->directory, "The directory of the merged adapter, or of the library of merges")
      ->required()
      ->check(named_place());
  std::map<std::string, StaticMerge> methods;
  for (const StaticMerge method :
       {StaticMerge::cat, StaticMerge::svd, StaticMerge::ties_svd, StaticMerge::magnitude_prune_svd})
    methods[name_of(method)] = method;
  command->add_option("--method", request.rule.merge, "The rule, by PEFT's names")
      ->required()
      ->transform(one_of(methods))
      ->type_name("cat|svd|ties_svd|magnitude_prune_svd");
  command
      ->add_option("--weights", request.weights,
                   "One an adapter, commas between (default: one over their number; 1 for ties_svd, which takes "
                   "means itself)")
      ->delimiter(',');
  command->add_option("--adapters", arguments->moved_to,
                      "Of results: where the adapters are now, each under its name (default: where they were when the "
                      "run was made)");
  command->add_option("--rank", request.rule.rank, "Of the merged adapter (default: the greatest of the adapters')")
      ->check(CLI::Range(1, 1 << 16));
  command->add_option("--density", request.rule.density, "ties_svd, magnitude_prune_svd: share of entries that is kept")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  const std::map<std::string, MajoritySign> signs = {{"total", MajoritySign::total},
                                                     {"frequency", MajoritySign::frequency}};
  command->add_option("--majority", request.rule.sign, "ties_svd: by what an entry's sign is elected")
      ->transform(one_of(signs))
      ->type_name("total|frequency")
      ->default_str("total");
  command->callback([arguments, &choice] {
    choice.stranger = arguments->request.adapters.front();
    choice.action = [arguments] { return merge(*arguments); };
  });
}

}  // namespace lorasweep
