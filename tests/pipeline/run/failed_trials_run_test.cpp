// SPDX-License-Identifier: Apache-2.0
// Adapters that no worker could evaluate alone: the sweep ends, and says so.
#include "data/journal/journal.h"
#include "pipeline/collect/collect_runs.h"
#include "tests/pipeline/run/small_sweep.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <variant>

namespace lorasweep {
namespace {

class FailedTrialsOfARun : public SmallSweep {
 protected:
  void SetUp() override {
    SmallSweep::SetUp();
    write_file_atomically(folder / "list.txt", "tiny_flan-count_v1\ntiny_flan-copy_v2\ntiny_flan-sort_v1\n");
  }
  std::vector<std::string> settings() const {
    return {"adapters.list=" + (folder / "list.txt").string(), "adapters.select=screened", "adapters.count=1",
            "search.budget=6", "tasks.limit=1"};
  }
  ExitCode screen(const std::string& name) const {
    RunOptions alone = options(name, settings());
    alone.screen_only = true;
    testing::internal::CaptureStdout();
    const ExitCode code = run_sweep(alone);
    testing::internal::GetCapturedStdout();
    return code;
  }
  ExitCode collect(const std::vector<std::filesystem::path>& runs) const {
    testing::internal::CaptureStdout();
    const ExitCode code = collect_runs(runs, folder / "merged.h5");
    testing::internal::GetCapturedStdout();
    return code;
  }
  // Makes `lost` what `whole` is, but the adapter with the highest loss on the first task, which no search has, failed.
  void lose_the_worst(const std::string& whole, const std::string& lost, const std::string& reason) const {
    std::vector<Record> records = read_journal(journal_path(directory(whole))).records;
    TrialRecord* worst = nullptr;
    for (Record& record : records)
      if (auto* trial = std::get_if<TrialRecord>(&record); trial != nullptr && trial->index == 0)
        if (worst == nullptr || trial->loss > worst->loss) worst = trial;
    ASSERT_NE(worst, nullptr);
    worst->loss = std::numeric_limits<double>::quiet_NaN();
    std::ranges::fill(worst->nll, worst->loss);
    worst->failure = reason;
    std::filesystem::create_directories(directory(lost));
    JournalWriter::create(journal_path(directory(lost))).append(records);
  }
};

TEST_F(FailedTrialsOfARun, EndItWithTheCodeOfFailedUnitsUntilAnotherRunHasThem) {
  ASSERT_EQ(run("whole", settings()), ExitCode::ok);
  lose_the_worst("whole", "lost", "two workers died of it");
  EXPECT_EQ(run("lost", settings()), ExitCode::failed_units);
  EXPECT_TRUE(std::filesystem::exists(completion_marker(directory("lost")))) << "it is finished all the same";
  EXPECT_EQ(collect({directory("lost")}), ExitCode::failed_units);
  EXPECT_EQ(collect({directory("lost"), directory("whole")}), ExitCode::ok);
}

TEST_F(FailedTrialsOfARun, AreNoFailuresWhereTheLossIsNotFinite) {
  ASSERT_EQ(run("whole", settings()), ExitCode::ok);
  lose_the_worst("whole", "infinite", "");
  EXPECT_EQ(run("infinite", settings()), ExitCode::ok);
}

TEST_F(FailedTrialsOfARun, EndAScreenInTheSameWay) {
  ASSERT_EQ(screen("whole"), ExitCode::ok);
  lose_the_worst("whole", "lost", "two workers died of it");
  EXPECT_EQ(screen("lost"), ExitCode::failed_units);
  EXPECT_TRUE(std::filesystem::exists(directory("lost") / "screen.csv"));
}

}  // namespace
}  // namespace lorasweep
