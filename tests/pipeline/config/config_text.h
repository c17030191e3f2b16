// SPDX-License-Identifier: Apache-2.0
// A configuration from a text, in a folder of its own.
#pragma once

#include "pipeline/config/load_config.h"
#include "tests/testing/temporary_folder.h"

#include <filesystem>
#include <string>
#include <vector>

namespace lorasweep {

class ConfigText {
 public:
  explicit ConfigText(const std::string& text) { folder_.write("sweep.toml", text); }

  const std::filesystem::path& directory() const { return folder_.path(); }
  std::filesystem::path file() const { return directory() / "sweep.toml"; }
  LoadedConfig load(const std::vector<std::string>& flags = {},
                    const std::vector<std::string>& environment = {}) const {
    return load_config({.file = file(), .environment = environment, .flags = flags});
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace lorasweep
