// SPDX-License-Identifier: Apache-2.0
// A checked configuration that knows where each value came from; or everything that is wrong with it.
#pragma once

#include "data/core/error.h"
#include "pipeline/config/config.h"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace lorasweep {

/// Everything that is wrong with a configuration, reported at once. `what()` lists all of it.
class InvalidConfig : public ConfigError {
 public:
  InvalidConfig(const std::filesystem::path& file, std::vector<ConfigError> problems);
  const std::vector<ConfigError>& problems() const { return problems_; }

 private:
  std::vector<ConfigError> problems_;
};

struct LoadedConfig {
  RunConfig config;
  /// "search.budget" -> "default", "sweep.toml:12", "LORASWEEP_SEARCH_BUDGET", "--set search.budget". Holds every
  /// field.
  std::map<std::string, std::string> origins;
  std::string text;                        ///< of the file, byte for byte (provenance)
  std::vector<std::string> warnings = {};  ///< what is set, but ignored
};

}  // namespace lorasweep
