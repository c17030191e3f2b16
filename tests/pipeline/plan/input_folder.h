// SPDX-License-Identifier: Apache-2.0
// A copy of the demo's inputs that a test may break.
#pragma once

#include "pipeline/config/config.h"
#include "tests/testing/temporary_folder.h"

#include <filesystem>
#include <string>

namespace lorasweep {

class InputFolder {
 public:
  InputFolder() {
    for (const char* part : {"base", "adapters", "tasks"})
      std::filesystem::copy(std::filesystem::path(LORASWEEP_DEMO_DIR) / part, path() / part,
                            std::filesystem::copy_options::recursive);
  }

  const std::filesystem::path& path() const { return folder_.path(); }
  std::filesystem::path write(const std::filesystem::path& name, const std::string& content) const {
    return folder_.write(name, content);
  }

  RunConfig config() const {
    RunConfig config;
    config.model.path = (path() / "base").string();
    config.adapters.dir = path() / "adapters";
    config.tasks.path = path() / "tasks";
    config.tasks.pool = 10;
    config.run.out = path() / "run";
    return config;
  }

 private:
  TemporaryFolder folder_;
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
