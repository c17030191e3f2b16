// SPDX-License-Identifier: Apache-2.0
// Sweeps of a few tasks of the demo, in this process, into a directory of the test.
#pragma once

#include "data/core/file.h"
#include "data/results/results_reader.h"
#include "pipeline/config/load_config.h"
#include "pipeline/manifest/run_directory.h"
#include "pipeline/run/run_sweep.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

namespace lorasweep {

class SmallSweep : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder = std::filesystem::path(testing::TempDir()) /
             (std::string("sweep_") + test->name() + "_" + std::to_string(getpid()));
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  RunOptions options(const std::string& name, std::vector<std::string> extra = {},
                     ResumeMode resume = ResumeMode::automatic) const {
    std::vector<std::string> flags = {"run.out=" + (folder / name).string(),
                                      "tasks.names=queue_size,truth_checking",
                                      "tasks.limit=12",
                                      "search.seeds=1,2",
                                      "search.budget=23",
                                      "adapters.count=6"};
    flags.insert(flags.end(), extra.begin(), extra.end());
    return {.load =
                [flags, file = std::string(demo_file())] {
                  return load_config(
                      {.file = std::filesystem::path(LORASWEEP_DEMO_DIR) / file, .environment = {}, .flags = flags});
                },
            .resume = resume,
            .argv = {"lorasweep", "run"}};
  }
  ExitCode run(const std::string& name, std::vector<std::string> extra = {},
               ResumeMode resume = ResumeMode::automatic) const {
    testing::internal::CaptureStdout();
    try {
      const ExitCode code = run_sweep(options(name, std::move(extra), resume));
      testing::internal::GetCapturedStdout();
      return code;
    } catch (...) {
      testing::internal::GetCapturedStdout();
      throw;
    }
  }
  std::filesystem::path directory(const std::string& name) const { return folder / name; }
  /// Of the demo's folder.
  virtual const char* demo_file() const { return "sweep.toml"; }
  /// The attribute that covers all values of a results file.
  static std::string digest(const std::filesystem::path& results) { return verify_results(results); }

  std::filesystem::path folder;
};

}  // namespace lorasweep
