// SPDX-License-Identifier: Apache-2.0
// The table of accuracies: which numbers stand where, and what is not known.
#include "pipeline/report/summary_table.h"

#include <gmock/gmock.h>

#include <iterator>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

using testing::ElementsAre;

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

// Two tasks, three seeds.
Summary sample() {
  Summary summary;
  summary.task = {"counting", "sorting"};
  summary.seed = {1, 2, 3};
  summary.accuracy_zero_shot = {10, 20};
  summary.accuracy_few_shot = {unknown, 40};
  summary.accuracy = {50, unknown, 70, unknown, unknown, unknown};
  return summary;
}

std::vector<std::string> lines_of(const std::string& table) {
  std::vector<std::string> lines;
  std::istringstream stream(table);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream stream(line);
  return {std::istream_iterator<std::string>(stream), {}};
}

TEST(SummaryTable, HasARowPerTaskAndOneOfAverages) {
  const auto lines = lines_of(summary_table(sample()));
  ASSERT_EQ(lines.size(), 6u);
  EXPECT_THAT(words_of(lines[0]), ElementsAre("task", "zero-shot", "few-shot", "mean", "best"));
  EXPECT_THAT(words_of(lines[2]), ElementsAre("counting", "10.0", "-", "60.0", "70.0"));
  EXPECT_THAT(words_of(lines[3]), ElementsAre("sorting", "20.0", "40.0", "-", "-"));
}

TEST(SummaryTable, LeavesOutOfMeansWhatIsNotKnown) {
  EXPECT_THAT(words_of(lines_of(summary_table(sample())).back()),
              ElementsAre("average", "15.0", "40.0", "60.0", "70.0"));
}

TEST(SummaryTable, ShowsBaselinesThatNobodyAskedForAsUnknown) {
  Summary summary = sample();
  summary.accuracy_zero_shot.clear();
  EXPECT_THAT(words_of(lines_of(summary_table(summary))[2]), ElementsAre("counting", "-", "-", "60.0", "70.0"));
}

TEST(SummaryTable, SetsColumnsByLettersAndNotByBytes) {
  Summary summary = sample();
  summary.task = {"za\xc5\xbc\xc3\xb3\xc5\x82\xc4\x87_g\xc4\x99\xc5\x9bl\xc4\x85", "plain_ascii"};
  const auto lines = lines_of(summary_table(summary));
  EXPECT_EQ(lines[2].size() - 7, lines[3].size()) << "seven letters of two bytes";
  EXPECT_EQ(lines[3].size(), lines[0].size());
}

}  // namespace
}  // namespace lorasweep
