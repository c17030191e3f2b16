// SPDX-License-Identifier: Apache-2.0
// From a TOML file, the environment and flags to one checked configuration that knows where each value came from.
#pragma once

#include "pipeline/config/loaded_config.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace lorasweep {

/// Where values come from; later ones win: defaults, file, environment, flags.
struct ConfigSources {
  std::filesystem::path file;
  std::span<const std::string> environment;  ///< "NAME=value"; what does not begin with LORASWEEP_ is ignored
  std::span<const std::string> flags;        ///< "section.key=value", as --set takes them
};

/// Relative paths in the file are relative to its directory, those of environment and flags to the working directory.
/// A variable LORASWEEP_* that is not a setting is a problem where it resembles one, else a warning: programs
/// that set up environments make variables like LORASWEEP_ROOT. Throws InvalidConfig holding every problem of all
/// sources, InputError if the file cannot be read.
LoadedConfig load_config(const ConfigSources& sources);

/// The configuration of a run that is continued: `recorded` is what resolved() gave when it was started, found at
/// `where`; only flags win over it. Throws InvalidConfig.
LoadedConfig recorded_config(const nlohmann::ordered_json& recorded, const std::string& where,
                             std::span<const std::string> flags);

/// Whether "LORASWEEP_SECTION_KEY=value" names a section.
bool is_setting_variable(const std::string& variable);

/// The LORASWEEP_* part of this process's environment.
std::vector<std::string> process_environment();

}  // namespace lorasweep
