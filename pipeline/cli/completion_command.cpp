// SPDX-License-Identifier: Apache-2.0
// lorasweep completion: what shells and man know of the command line.
#include "pipeline/cli/command.h"
#include "pipeline/cli/completion.h"
#include "pipeline/cli/one_of.h"

#include <iostream>
#include <map>
#include <memory>

namespace lorasweep {
namespace {

enum class Reader { bash, zsh, man };

std::string written_for(Reader reader, const CLI::App& app) {
  switch (reader) {
    case Reader::bash: return bash_completion(app);
    case Reader::zsh: return zsh_completion(app);
    case Reader::man: return manual_page(app, LORASWEEP_VERSION);
  }
  throw InternalError("a reader without a text");
}

}  // namespace

void add_completion_command(CLI::App& app, Choice& choice) {
  CLI::App* command = app.add_subcommand("completion", "Print the completion script of a shell, or the manual page");
  command->footer(
      "Examples:\n"
      "  source <(lorasweep completion bash)\n"
      "  lorasweep completion zsh > ~/.zfunc/_lorasweep\n"
      "  lorasweep completion man | man -l -");
  const std::map<std::string, Reader> readers = {{"bash", Reader::bash}, {"zsh", Reader::zsh}, {"man", Reader::man}};
  const auto reader = std::make_shared<Reader>(Reader::bash);
  command->add_option("READER", *reader, "Who is to read it")
      ->required()
      ->transform(one_of(readers))
      ->type_name("bash|zsh|man");
  command->callback([&app, reader, &choice] {
    choice.action = [&app, reader] {
      std::cout << written_for(*reader, app);
      return ExitCode::ok;
    };
  });
}

}  // namespace lorasweep
