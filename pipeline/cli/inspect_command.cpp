// SPDX-License-Identifier: Apache-2.0
// lorasweep inspect: says what a file or a directory is.
#include "pipeline/cli/command.h"
#include "pipeline/cli/inspection.h"

#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <memory>

namespace lorasweep {
namespace {

enum class Form { text, json };

std::string shown(const Inspection& value) {
  return value.is_string() ? value.get<std::string>()
                           : value.dump(-1, ' ', false, Inspection::error_handler_t::replace);
}

void print_text(const Inspection& found) {
  for (const auto& [key, value] : found.items()) {
    if (!value.is_array() || value.size() <= 1) {
      std::cout << fmt::format("{:<22} {}\n", key,
                               value.is_structured() && value.empty() ? "none"
                               : value.is_array()                     ? shown(value[0])
                                                                      : shown(value));
      continue;
    }
    std::cout << key << "\n";
    for (const Inspection& entry : value) std::cout << "  " << shown(entry) << "\n";
  }
}

ExitCode run(const std::filesystem::path& path, Form form) {
  const Inspection found = inspect(path);
  if (form == Form::json)
    std::cout << found.dump(2, ' ', false, Inspection::error_handler_t::replace) << "\n";
  else
    print_text(found);
  return ExitCode::ok;
}

struct InspectArguments {
  std::filesystem::path path;
  bool json = false;
};

}  // namespace

void add_inspect_command(CLI::App& app, Choice& choice) {
  CLI::App* command = app.add_subcommand(
      "inspect", "Say what a file or directory is: model, adapter, weights, tokenizer, task, run, results");
  const auto arguments = std::make_shared<InspectArguments>();
  command->add_option("PATH", arguments->path, "A file or a directory")->required();
  command->add_flag("--json", arguments->json, "One JSON document");
  command->callback([arguments, &choice] {
    choice.stranger = arguments->path;
    choice.action = [arguments] { return run(arguments->path, arguments->json ? Form::json : Form::text); };
  });
}

}  // namespace lorasweep
