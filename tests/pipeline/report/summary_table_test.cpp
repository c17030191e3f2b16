// SPDX-License-Identifier: Apache-2.0
// The table of accuracies: which numbers stand where, and what is not known.
#include "pipeline/report/summary_table.h"

#include "pipeline/report/statistics_rows.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

// Two tasks, three seeds.
SweepResults sample() {
  SweepResults results;
  Summary& summary = results.summary;
  summary.task = {"counting", "sorting"};
  summary.seed = {1, 2, 3};
  summary.accuracy_zero_shot = {10, 20};
  summary.accuracy_few_shot = {unknown, 40};
  summary.accuracy = {50, unknown, 70, unknown, unknown, unknown};
  summary.by_shots = {2, -1};
  return results;
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
  EXPECT_THAT(words_of(lines[0]), ElementsAre("task", "zero-shot", "few-shot", "mean", "95", "%", "by", "shots"));
  EXPECT_THAT(words_of(lines[2]), ElementsAre("counting", "10.0", "-", "60.0", "-", "70.0", "2", "of", "3", "seeds"));
  EXPECT_THAT(words_of(lines[3]), ElementsAre("sorting", "20.0", "40.0", "-", "-", "-"));
}

std::vector<std::string> averages_of(const SweepResults& results) {
  return words_of(lines_of(summary_table(results)).back());
}

// Three tasks, two seeds, everything there.
SweepResults whole() {
  SweepResults results;
  Summary& summary = results.summary;
  summary.task = {"counting", "sorting", "naming"};
  summary.seed = {1, 2};
  summary.accuracy_zero_shot = {10, 20, 60};
  summary.accuracy_few_shot = {30, 40, 80};
  summary.accuracy = {50, 70, 10, 30, 90, 80};
  summary.by_shots = {1, 0, 0};
  return results;
}

TEST(SummaryTable, AveragesAreOverAllTasksWhereEverythingIsThere) {
  EXPECT_THAT(averages_of(whole()), ElementsAre("average", "30.0", "50.0", "55.0", "-", "56.7"));
}

TEST(SummaryTable, AveragesAreOverTheSameTasksInEveryColumn) {
  const auto only_the_others = ElementsAre("average", "35.0", "55.0", "72.5", "-", "80.0", "over", "the", "2", "of",
                                           "3", "tasks", "that", "are", "whole");
  SweepResults no_search = whole(), no_baseline = whole(), no_few_shot = whole(), one_seed = whole();
  no_search.summary.accuracy[2] = no_search.summary.accuracy[3] = unknown;
  no_baseline.summary.accuracy_zero_shot[1] = unknown;
  no_few_shot.summary.accuracy_few_shot[1] = unknown;
  one_seed.summary.accuracy[2] = unknown;
  for (const SweepResults& holes : {no_search, no_baseline, no_few_shot, one_seed})
    EXPECT_THAT(averages_of(holes), only_the_others);
}

TEST(SummaryTable, HasNoAveragesWhereNoTaskIsWhole) {
  SweepResults seed_missing = whole();
  for (const std::size_t cell : {0, 2, 4}) seed_missing.summary.accuracy[cell] = unknown;
  const auto none = ElementsAre("average", "-", "-", "-", "-", "-", "no", "task", "is", "whole");
  EXPECT_THAT(averages_of(seed_missing), none);
  EXPECT_THAT(averages_of(sample()), none);
}

TEST(SummaryTable, AveragesWhatIsThereWhereABaselineOrAllSearchesAreNot) {
  SweepResults no_zero_shot = whole();
  no_zero_shot.summary.accuracy_zero_shot.assign(3, unknown);
  EXPECT_THAT(averages_of(no_zero_shot), ElementsAre("average", "-", "50.0", "55.0", "-", "56.7"));
  SweepResults baselines = whole();
  baselines.summary.accuracy.assign(6, unknown);
  baselines.summary.by_shots.assign(3, -1);
  EXPECT_THAT(averages_of(baselines), ElementsAre("average", "30.0", "50.0", "-", "-", "-"))
      << "nothing is compared with them";
}

TEST(SummaryTable, ShowsNoColumnsOfWhatNobodyAskedFor) {
  SweepResults results = sample();
  results.summary.accuracy_zero_shot.clear();
  results.summary.accuracy_few_shot.clear();
  EXPECT_THAT(words_of(lines_of(summary_table(results))[2]),
              ElementsAre("counting", "-", "60.0", "-", "70.0", "2", "of", "3", "seeds"));
  results.summary.accuracy_best_single = {30, 30, 36, 1, 2, 3};
  const auto lines = lines_of(summary_table(results));
  EXPECT_THAT(words_of(lines[0]), ElementsAre("task", "zero-shot", "single", "mean", "95", "%", "by", "shots"));
  EXPECT_THAT(words_of(lines[2]), Contains("32.0")) << "the mean over seeds";
}

TEST(SummaryTable, SetsColumnsByLettersAndNotByBytes) {
  SweepResults results = sample();
  results.summary.accuracy.assign(6, 50);
  results.summary.task = {"za\xc5\xbc\xc3\xb3\xc5\x82\xc4\x87_g\xc4\x99\xc5\x9bl\xc4\x85", "plain_ascii"};
  const auto lines = lines_of(summary_table(results));
  EXPECT_EQ(lines[2].size() - 7, lines[3].size()) << "seven letters of two bytes";
  EXPECT_EQ(lines[3].size(), lines[0].size());
}

void add_row(Statistics& s, int task, Subject of, int against, double estimate, double p) {
  s.task_index.push_back(task);
  s.of.push_back(static_cast<std::int8_t>(of));
  s.against.push_back(static_cast<std::int8_t>(against));
  s.estimate.push_back(estimate);
  s.low.push_back(estimate - 5);
  s.high.push_back(estimate + 5.25);
  s.p.push_back(p);
  s.p_adjusted.push_back(p);
}

constexpr int of_zero_shot = 1 + static_cast<int>(Subject::zero_shot);
constexpr int of_best_single = 1 + static_cast<int>(Subject::best_single);

SweepResults compared() {
  SweepResults results = whole();
  Statistics& s = results.statistics;
  for (int t = 0; t < 3; ++t) add_row(s, t, Subject::search, 0, 60, unknown);
  add_row(s, -1, Subject::search, 0, 55, unknown);
  const double differences[] = {50, -4, 1}, p[] = {0.001, 0.05, 0.051};
  for (int t = 0; t < 3; ++t) add_row(s, t, Subject::search, of_zero_shot, differences[t], p[t]);
  add_row(s, 0, Subject::search, of_best_single, -3, 0.2);
  add_row(s, -1, Subject::search, of_zero_shot, 25, 0.25);
  results.summary.n_finished = {2, 2, 2};
  results.summary.n_below_zero_shot = {0, 1, 0};
  results.summary.most_below_zero_shot = {unknown, 10, unknown};
  return results;
}

TEST(SummaryTable, HasAnIntervalAndASignForEachComparison) {
  const auto lines = lines_of(summary_table(compared()));
  EXPECT_THAT(words_of(lines[0]).back(), "sign");
  EXPECT_THAT(words_of(lines[2]), ElementsAre("counting", "10.0", "30.0", "60.0", "55.0-65.2", "70.0", "+="));
  EXPECT_THAT(words_of(lines[3]).back(), "-") << "p = 0.05 counts";
  EXPECT_THAT(words_of(lines[4]).back(), "=") << "and what is beyond it may be chance";
  EXPECT_THAT(words_of(lines[6]), ElementsAre("average", "30.0", "50.0", "55.0", "50.0-60.2", "56.7", "="));
}

TEST(SummaryTable, EndsWithComparisonsOverTasks) {
  const std::string table = summary_table(compared());
  const auto lines = lines_of(table);
  const auto line = std::ranges::find_if(lines, [](const std::string& l) { return l.starts_with("zero-shot"); });
  ASSERT_NE(line, lines.end());
  EXPECT_THAT(words_of(*line), ElementsAre("zero-shot", "+25.0", "+20.0", "to", "+30.2", "0.25", "1", "better,", "1",
                                           "worse", "of", "3", "tasks"));
  EXPECT_THAT(table, HasSubstr("\nbest-single"));
  EXPECT_THAT(table, HasSubstr("1 of 6 searches ended below zero-shot, the deepest by 10.0 (sorting)"));
  EXPECT_THAT(summary_table(whole()), Not(HasSubstr("below zero-shot"))) << "older files do not say";
}

TEST(SummaryTable, SaysWhomTheGuardLetAnswer) {
  SweepResults results = compared();
  results.summary.guard = {0, 0, 1, 2, 0, 3};
  EXPECT_THAT(summary_table(results),
              HasSubstr("the guard let 3 of 5 searches answer; for 1 the base model did, for 1"));
}

TEST(SummaryTable, FitsIntoAHundredColumnsWithEveryControl) {
  SweepResults results = compared();
  Summary& s = results.summary;
  s.accuracy_uniform = s.accuracy_best_single = s.accuracy_random_adapters = {100, 100, 100, 100, 100, 100};
  s.task = {"tracking_shuffled_objects_three_objects", "tracking_shuffled_objects_five_objects",
            "tracking_shuffled_objects_seven_objects"};
  for (const Subject opponent : {Subject::uniform, Subject::random_adapters})
    add_row(results.statistics, 0, Subject::search, 1 + static_cast<int>(opponent), 1, 1);
  const auto lines = lines_of(summary_table(results));
  std::vector<std::size_t> letters;
  for (const std::string& line : lines)
    letters.push_back(std::ranges::count_if(line, [](char c) { return (c & 0xC0) != 0x80; }));
  EXPECT_THAT(letters, Each(testing::Le(100u)));
  EXPECT_THAT(lines[2], HasSubstr("three_objects"));
  EXPECT_THAT(lines[4], HasSubstr("seven_objects")) << "what tells them apart is still there";
}

}  // namespace
}  // namespace lorasweep
