// SPDX-License-Identifier: Apache-2.0
// lorasweep init: a commented configuration to start from.
#include "data/core/file.h"
#include "data/model/model_config.h"
#include "pipeline/cli/command.h"
#include "pipeline/cli/one_of.h"
#include "pipeline/config/config_schema.h"

#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <string>

namespace lorasweep {
namespace {

struct InitArguments {
  std::filesystem::path path = "sweep.toml";
  int continues_prompt = 0;
};

std::map<std::string, int> families() {
  std::map<std::string, int> words;
  for (const FamilyName& family : family_names()) words[family.name] = family.continues_prompt ? 1 : 0;
  return words;
}

ExitCode init(const InitArguments& arguments) {
  const std::filesystem::path& path = arguments.path;
  const std::string text = commented_config(arguments.continues_prompt != 0);
  if (path == "-") {
    std::cout << text;
    return ExitCode::ok;
  }
  if (std::filesystem::exists(path))
    throw ConfigError(path.string(), "exists already", "name another file, or remove this one first");
  write_file_atomically(path, text);
  std::cerr << "wrote " << path.string() << "; next: edit it, then `lorasweep validate " << path.string() << "`\n";
  return ExitCode::ok;
}

}  // namespace

void add_init_command(CLI::App& app, Choice& choice) {
  CLI::App* command = app.add_subcommand("init", "Write a commented configuration with every key");
  const auto arguments = std::make_shared<InitArguments>();
  command->add_option("PATH", arguments->path, "The file to write; - prints it")->capture_default_str();
  command->add_option("--family", arguments->continues_prompt, "The family of the base model: what to begin with")
      ->transform(one_of(families()))
      ->type_name("NAME");
  command->callback([arguments, &choice] { choice.action = [arguments] { return init(*arguments); }; });
}

}  // namespace lorasweep
