// SPDX-License-Identifier: Apache-2.0
// lorasweep compare: whether one sweep's answers are better than another's.
#include "pipeline/cli/command.h"
#include "pipeline/cli/strangers.h"
#include "pipeline/cli/table_options.h"
#include "pipeline/outcome/compare.h"
#include "pipeline/outcome/open_results.h"
#include "pipeline/outcome/ways.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

struct CompareArguments {
  std::vector<std::filesystem::path> places;
  TableFormat format = TableFormat::text;
  Scoring scoring = Scoring::lorahub;
  int of = static_cast<int>(ways.size());  ///< place in comparable(): of searches
};

// What can be compared; a number of it is what the option says.
std::vector<std::pair<std::string, ComparedWay>> comparable() {
  std::vector<std::pair<std::string, ComparedWay>> all = {{"by-shots", {Subject::search, true}}};
  for (const Way& way : ways) {
    std::string word = way.key;
    std::ranges::replace(word, '_', '-');
    all.push_back({word, {way.subject, false}});
  }
  return all;
}

ExitCode compare_files(const CompareArguments& arguments) {
  if (arguments.places.size() < 2)
    throw ConfigError("lorasweep compare", "one file alone cannot be compared",
                      "name two or more: the others are held against the first");
  if (const auto code = first_unreadable_of_others(arguments.places)) return *code;
  std::vector<NamedResults> files;
  for (const auto& place : arguments.places) files.push_back({place.string(), open_results(place, TextsKept::none)});
  std::cout << comparison_table(compare(files, comparable().at(arguments.of).second, arguments.scoring),
                                arguments.format);
  return ExitCode::ok;
}

void add_of_option(CLI::App& command, int& target) {
  std::map<std::string, int> words;
  std::string names;
  for (const auto& [word, what] : comparable()) {
    words[word] = static_cast<int>(words.size());
    names += (names.empty() ? "" : "|") + word;
  }
  command
      .add_option(
          "--of", target,
          "Whose answers: of the searches (mean over seeds), of the seed with the lowest objective on the shots, "
          "of a baseline or a control")
      ->transform(one_of(words))
      ->type_name(names)
      ->default_str("search");
}

}  // namespace

void add_compare_command(CLI::App& app, Choice& choice) {
  CLI::App* command = app.add_subcommand(
      "compare", "Compare sweeps of the same tasks, answer by answer: the later files against the first");
  command->footer(
      "Examples:\n"
      "  lorasweep compare lorahub.h5 exact.h5\n"
      "  lorasweep compare runs/budget-40 runs/budget-160 --of by-shots --format csv");
  const auto arguments = std::make_shared<CompareArguments>();
  command->add_option("RESULTS", arguments->places, "Results files, run directories or journals")->required();
  add_of_option(*command, arguments->of);
  add_format_option(*command, arguments->format);
  add_scoring_option(*command, arguments->scoring);
  command->callback([arguments, &choice] {
    choice.stranger = arguments->places.front();
    choice.action = [arguments] { return compare_files(*arguments); };
  });
}

}  // namespace lorasweep
