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
  EXPECT_THAT(words_of(lines[2]), ElementsAre("counting", "10.0", "-", "60.0", "70.0", "2", "of", "3", "seeds"));
  EXPECT_THAT(words_of(lines[3]), ElementsAre("sorting", "20.0", "40.0", "-", "-"));
}

std::vector<std::string> averages_of(const Summary& summary) {
  return words_of(lines_of(summary_table(summary)).back());
}

// Three tasks, two seeds, everything there.
Summary whole() {
  Summary summary;
  summary.task = {"counting", "sorting", "naming"};
  summary.seed = {1, 2};
  summary.accuracy_zero_shot = {10, 20, 60};
  summary.accuracy_few_shot = {30, 40, 80};
  summary.accuracy = {50, 70, 10, 30, 90, 80};
  return summary;
}

TEST(SummaryTable, AveragesAreOverAllTasksWhereEverythingIsThere) {
  EXPECT_THAT(averages_of(whole()), ElementsAre("average", "30.0", "50.0", "55.0", "63.3"));
}

TEST(SummaryTable, AveragesAreOverTheSameTasksInEveryColumn) {
  const auto only_the_others = ElementsAre("average", "35.0", "55.0", "72.5", "80.0", "over", "the", "2", "of", "3",
                                           "tasks", "that", "are", "whole");
  Summary no_search = whole(), no_baseline = whole(), no_few_shot = whole(), one_seed = whole();
  no_search.accuracy[2] = no_search.accuracy[3] = unknown;
  no_baseline.accuracy_zero_shot[1] = unknown;
  no_few_shot.accuracy_few_shot[1] = unknown;
  one_seed.accuracy[2] = unknown;
  for (const Summary& holes : {no_search, no_baseline, no_few_shot, one_seed})
    EXPECT_THAT(averages_of(holes), only_the_others);
}

TEST(SummaryTable, HasNoAveragesWhereNoTaskIsWhole) {
  Summary seed_missing = whole();
  for (const std::size_t cell : {0, 2, 4}) seed_missing.accuracy[cell] = unknown;
  EXPECT_THAT(averages_of(seed_missing), ElementsAre("average", "-", "-", "-", "-", "no", "task", "is", "whole"));
  EXPECT_THAT(averages_of(sample()), ElementsAre("average", "-", "-", "-", "-", "no", "task", "is", "whole"));
}

TEST(SummaryTable, AveragesWhatIsThereWhereABaselineOrAllSearchesAreNot) {
  Summary no_zero_shot = whole();
  no_zero_shot.accuracy_zero_shot.assign(3, unknown);
  EXPECT_THAT(averages_of(no_zero_shot), ElementsAre("average", "-", "50.0", "55.0", "63.3"));
  Summary baselines = whole();
  baselines.accuracy.assign(6, unknown);
  EXPECT_THAT(averages_of(baselines), ElementsAre("average", "30.0", "50.0", "-", "-"))
      << "nothing is compared with them";
}

TEST(SummaryTable, ShowsBaselinesThatNobodyAskedForAsUnknown) {
  Summary summary = sample();
  summary.accuracy_zero_shot.clear();
  EXPECT_THAT(words_of(lines_of(summary_table(summary))[2]),
              ElementsAre("counting", "-", "-", "60.0", "70.0", "2", "of", "3", "seeds"));
}

TEST(SummaryTable, SetsColumnsByLettersAndNotByBytes) {
  Summary summary = sample();
  summary.accuracy.assign(6, 50);
  summary.task = {"za\xc5\xbc\xc3\xb3\xc5\x82\xc4\x87_g\xc4\x99\xc5\x9bl\xc4\x85", "plain_ascii"};
  const auto lines = lines_of(summary_table(summary));
  EXPECT_EQ(lines[2].size() - 7, lines[3].size()) << "seven letters of two bytes";
  EXPECT_EQ(lines[3].size(), lines[0].size());
}

}  // namespace
}  // namespace lorasweep
