// SPDX-License-Identifier: Apache-2.0
// Lists all problems of a configuration in one message.
#include "pipeline/config/loaded_config.h"

#include "data/core/counted.h"

#include <fmt/format.h>

#include <utility>

namespace lorasweep {
namespace {

std::string listed(const std::vector<ConfigError>& problems) {
  std::string text = counted(problems.size(), "problem") + " in the configuration";
  for (const ConfigError& problem : problems) text += fmt::format("\n  {}", problem.what());
  return text;
}

}  // namespace

InvalidConfig::InvalidConfig(const std::filesystem::path& file, std::vector<ConfigError> problems)
    : ConfigError(file.string(), listed(problems)), problems_(std::move(problems)) {}

}  // namespace lorasweep
