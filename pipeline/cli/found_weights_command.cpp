// SPDX-License-Identifier: Apache-2.0
// lorasweep found-weights: the other end of found_rows_process.h.
#include "data/core/error.h"
#include "pipeline/cli/command.h"
#include "pipeline/cli/found_rows_process.h"
#include "pipeline/weights/found_rows.h"

#include <nlohmann/json.hpp>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <iostream>
#include <memory>

namespace lorasweep {
namespace {

ExitCode answer(const std::filesystem::path& file) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // whoever kills the asker ends this
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  try {
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (const WeightRow& row : found_rows(file).rows)
      rows.push_back({{"task", row.task},
                      {"seed", *row.seed},
                      {"adapter", row.adapter},
                      {"place", row.place},
                      {"weight", row.weight}});
    std::cout << rows.dump();
    return ExitCode::ok;
  } catch (const Error& error) {
    std::cout << error.where() << '\0' << error.problem() << '\0' << error.remedy();
    return error.code();
  }
}

}  // namespace

void add_found_weights_command(CLI::App& app, Choice& choice) {
  CLI::App* command = app.add_subcommand(found_weights_word, "Write the found weights of a results file as JSON");
  command->group("");  // not listed: only lorasweep itself asks for it
  const auto file = std::make_shared<std::filesystem::path>();
  command->add_option("FILE", *file, "The file")->required();
  command->callback([file, &choice] { choice.action = [file] { return answer(*file); }; });
}

}  // namespace lorasweep
