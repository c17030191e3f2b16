// SPDX-License-Identifier: Apache-2.0
// The part of a command line that names a configuration: CONFIG, --set, --out.
#pragma once

#include "pipeline/config/load_config.h"

#include <CLI/App.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace lorasweep {

struct ConfigArgument {
  std::filesystem::path path;      ///< a TOML file or a run directory
  std::vector<std::string> flags;  ///< section.key=value
  std::string out;                 ///< empty: as configured

  void add_to(CLI::App& command);
  /// Of a file: file, environment, flags. Of the directory of a run: what the run was started with, and flags; it stays
  /// that directory's run.
  LoadedConfig load() const;
};

}  // namespace lorasweep
