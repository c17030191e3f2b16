// SPDX-License-Identifier: Apache-2.0
// A copy of the demo's inputs that a test may break.
#pragma once

#include "pipeline/config/config.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace lorasweep {

class InputFolder {
 public:
  InputFolder() {
    std::string pattern = testing::TempDir() + "lorasweep_plan_XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp: " + pattern);
    path_ = pattern;
    for (const char* part : {"base", "adapters", "tasks"})
      std::filesystem::copy(std::filesystem::path(LORASWEEP_DEMO_DIR) / part, path_ / part,
                            std::filesystem::copy_options::recursive);
  }
  ~InputFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  InputFolder(const InputFolder&) = delete;
  InputFolder& operator=(const InputFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  void write(const std::filesystem::path& name, const std::string& content) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
  }

  RunConfig config() const {
    RunConfig config;
    config.model.path = (path_ / "base").string();
    config.adapters.dir = path_ / "adapters";
    config.tasks.path = path_ / "tasks";
    config.tasks.pool = 10;
    config.run.out = path_ / "run";
    return config;
  }

 private:
  std::filesystem::path path_;
};

inline RunConfig demo_config() {
  const std::filesystem::path demo = LORASWEEP_DEMO_DIR;
  RunConfig config;
  config.model.path = (demo / "base").string();
  config.adapters.dir = demo / "adapters";
  config.adapters.list = demo / "adapters.txt";
  config.tasks.path = demo / "tasks";
  config.tasks.pool = 10;
  return config;
}

}  // namespace lorasweep
