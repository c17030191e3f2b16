// SPDX-License-Identifier: Apache-2.0
// Restarts are counted by cause, since somebody submitted the run last.
#include "pipeline/submit/restart_history.h"

#include "tests/testing/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace lorasweep {
namespace {

using testing::ElementsAre;
using testing::Pair;

RestartHistory history_of(const std::string& lines) {
  const TemporaryFolder folder;
  if (!lines.empty()) std::ofstream(starts_path(folder.path())) << lines;
  return restart_history(folder.path());
}

std::string line(int restart, const std::string& cause, const std::string& utc = "t") {
  return "{\"utc\": \"" + utc + "\", \"job\": \"12_3\", \"restart\": " + std::to_string(restart) + ", \"cause\": \"" +
         cause + "\", \"results\": 4, \"in_vain\": 0}\n";
}

TEST(RestartHistory, OfARunThatNeverStartedIsEmpty) { EXPECT_EQ(history_of("").restarts, 0u); }

TEST(RestartHistory, CountsByCause) {
  const auto history =
      history_of(line(0, "submitted") + line(1, "time limit") + line(2, "failure") + line(3, "time limit", "later"));
  EXPECT_EQ(history.restarts, 3u);
  EXPECT_THAT(history.causes, ElementsAre(Pair("time limit", 2u), Pair("failure", 1u)));
  EXPECT_EQ(history.last_cause, "time limit");
  EXPECT_EQ(history.last_utc, "later");
}

TEST(RestartHistory, BeginsAnewWithASubmission) {
  EXPECT_EQ(history_of(line(0, "submitted") + line(1, "failure") + line(0, "submitted")).restarts, 0u);
}

TEST(RestartHistory, SkipsWhatIsNoStart) {
  for (const std::string junk : {"{\"restart\": 1, \"cau", "", "7", "[]", "no json", "{}"}) {
    const auto history = history_of(line(0, "submitted") + line(1, "failure") + "7\n[]\nnot json\n\n" + junk);
    EXPECT_LE(history.restarts, 1u) << junk;
  }
  EXPECT_EQ(history_of(line(1, "failure") + "{\"restart\": 2, \"cau").restarts, 1u);
}

}  // namespace
}  // namespace lorasweep
