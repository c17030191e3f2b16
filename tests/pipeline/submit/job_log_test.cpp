// SPDX-License-Identifier: Apache-2.0
// The last line of the log that was written last.
#include "pipeline/submit/job_log.h"

#include "tests/testing/temporary_folder.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <set>

namespace lorasweep {
namespace {

class Logs : public testing::Test {
 protected:
  Logs() { std::filesystem::create_directory(run); }
  void write(const std::string& name, const std::string& text, int minutes_ago = 0) const {
    std::ofstream(run / name) << text;
    std::filesystem::last_write_time(run / name,
                                     std::filesystem::file_time_type::clock::now() - std::chrono::minutes(minutes_ago));
  }
  const TemporaryFolder folder;
  const std::filesystem::path run = folder.path() / "bbh";
};

TEST_F(Logs, AreNotThereBeforeAJobStarts) { EXPECT_FALSE(last_log(run, "all")); }

TEST_F(Logs, AreToldByTheirLastWrittenLine) {
  write("lorasweep-bbh-all-12.out", "a\nold\n", 2);
  write("lorasweep-bbh-all-9.out", "a\nthe end\n\n \n", 1);
  write("lorasweep-bbh-collect-13.out", "collected\n");
  write("other.out", "x\n");
  const auto log = last_log(run, "all");
  ASSERT_TRUE(log);
  EXPECT_EQ(log->file.filename(), "lorasweep-bbh-all-9.out");
  EXPECT_EQ(log->last_line, "the end");
  EXPECT_EQ(last_log(run / "", "collect")->last_line, "collected");
}

TEST_F(Logs, OfATaskAreItsOwn) {
  write("lorasweep-bbh-part-12_1.out", "one\n");
  write("lorasweep-bbh-part-12_11.out", "eleven\n");
  EXPECT_EQ(last_log(run, "part", 1)->last_line, "one");
  EXPECT_EQ(last_log(run, "part", 11)->last_line, "eleven");
  EXPECT_FALSE(last_log(run, "part", 2));
  write("lorasweep-bbh-part-12_x.out", "no number\n");
  EXPECT_EQ(logged_tasks(run), (std::set<int>{1, 11}));
}

TEST_F(Logs, ShowNoControlCharactersAndNoEndlessLines) {
  write("lorasweep-bbh-all-1.out", "a\n\x1b[31mred\x07\n");
  EXPECT_EQ(last_log(run, "all")->last_line, "[31mred");
  write("lorasweep-bbh-all-1.out", std::string(1'000'000, 'x'));
  EXPECT_LT(last_log(run, "all")->last_line.size(), 500u);
  write("lorasweep-bbh-all-1.out", "");
  EXPECT_EQ(last_log(run, "all")->last_line, "");
}

}  // namespace
}  // namespace lorasweep
