// SPDX-License-Identifier: Apache-2.0
// A configuration from a text, in a folder of its own.
#pragma once

#include "pipeline/config/load_config.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace lorasweep {

class ConfigText {
 public:
  explicit ConfigText(const std::string& text) {
    std::string pattern = testing::TempDir() + "lorasweep_config_XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp: " + pattern);
    directory_ = pattern;
    std::ofstream(file(), std::ios::binary) << text;
  }
  ~ConfigText() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  ConfigText(const ConfigText&) = delete;
  ConfigText& operator=(const ConfigText&) = delete;

  const std::filesystem::path& directory() const { return directory_; }
  std::filesystem::path file() const { return directory_ / "sweep.toml"; }
  LoadedConfig load(const std::vector<std::string>& flags = {},
                    const std::vector<std::string>& environment = {}) const {
    return load_config({.file = file(), .environment = environment, .flags = flags});
  }

 private:
  std::filesystem::path directory_;
};

}  // namespace lorasweep
