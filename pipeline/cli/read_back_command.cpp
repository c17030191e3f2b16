// SPDX-License-Identifier: Apache-2.0
// lorasweep read-back: the other end of read_back_process.h.
#include "data/core/error.h"
#include "data/results/results_writer.h"
#include "data/results/written_content.h"
#include "pipeline/cli/command.h"
#include "pipeline/cli/read_back_process.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>

namespace lorasweep {
namespace {

ExitCode answer(const std::filesystem::path& file) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // whoever kills the writer ends this
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  try {
    const std::string written(std::istreambuf_iterator<char>(std::cin), {});
    std::cout << read_back_here(file, WrittenContent::of_bytes(written));
    return ExitCode::ok;
  } catch (const Error& error) {
    std::cout << error.where() << '\0' << error.problem();
    return error.code();
  }
}

}  // namespace

void add_read_back_command(CLI::App& app, Choice& choice) {
  CLI::App* command = app.add_subcommand(read_back_word, "Compare a results file with what was written to it");
  command->group("");  // not listed: only lorasweep itself asks for it
  const auto file = std::make_shared<std::filesystem::path>();
  command->add_option("FILE", *file, "The file")->required();
  command->callback([file, &choice] { choice.action = [file] { return answer(*file); }; });
}

}  // namespace lorasweep
