// SPDX-License-Identifier: Apache-2.0
// lorasweep init: a commented configuration to start from.
#include "data/core/file.h"
#include "pipeline/cli/command.h"
#include "pipeline/config/config_schema.h"

#include <filesystem>
#include <iostream>
#include <memory>

namespace lorasweep {
namespace {

ExitCode init(const std::filesystem::path& path) {
  if (path == "-") {
    std::cout << commented_config();
    return ExitCode::ok;
  }
  if (std::filesystem::exists(path))
    throw ConfigError(path.string(), "exists already", "name another file, or remove this one first");
  write_file_atomically(path, commented_config());
  std::cerr << "wrote " << path.string() << "; next: edit it, then `lorasweep validate " << path.string() << "`\n";
  return ExitCode::ok;
}

}  // namespace

void add_init_command(CLI::App& app, Choice& choice) {
  CLI::App* command = app.add_subcommand("init", "Write a commented configuration with every key");
  const auto path = std::make_shared<std::filesystem::path>("sweep.toml");
  command->add_option("PATH", *path, "The file to write; - prints it")->capture_default_str();
  command->callback([path, &choice] { choice.action = [path] { return init(*path); }; });
}

}  // namespace lorasweep
