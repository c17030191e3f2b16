// SPDX-License-Identifier: Apache-2.0
// The built program, run with words, in a folder of the test.
#pragma once

#include "pipeline/submit/external_command.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace lorasweep {

class Program : public testing::Test {
 protected:
  Program() {
    const std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    folder = std::filesystem::path(testing::TempDir()) / ("program_" + name + "_" + std::to_string(getpid()));
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
  }
  ~Program() override { std::filesystem::remove_all(folder); }

  static CommandResult lorasweep(std::vector<std::string> words) {
    words.insert(words.begin(), LORASWEEP_PROGRAM);
    return run_command(words, std::chrono::seconds(120));
  }
  /// The demo's configuration with other values.
  CommandResult of_demo(const std::string& command, std::vector<std::string> more = {}) const {
    std::vector<std::string> words = {command, (demo / "sweep.toml").string()};
    words.insert(words.end(), more.begin(), more.end());
    return lorasweep(words);
  }
  std::filesystem::path write(const std::string& name, const std::string& text) const {
    const std::filesystem::path file = folder / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    return file;
  }

  const std::filesystem::path demo = LORASWEEP_DEMO_DIR;
  std::filesystem::path folder;
};

}  // namespace lorasweep
