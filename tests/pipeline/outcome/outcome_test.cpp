// SPDX-License-Identifier: Apache-2.0
// What is said of files that are whole, half, or not alike. Numbers: tests/scenarios/shown_numbers.py.
#include "pipeline/outcome/outcome.h"

#include "data/results/results_reader.h"
#include "pipeline/outcome/compare.h"
#include "pipeline/outcome/open_results.h"
#include "pipeline/outcome/outcome_table.h"
#include "tests/testing/expect_error.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

std::filesystem::path fixture(const char* name, const char* file = "results.h5") {
  return std::filesystem::path(FIXTURES) / name / file;
}

// Without the answer of the search (task, replicate) to the last example.
void lose_an_answer(SweepResults& results, std::int32_t task, std::int32_t replicate) {
  Predictions& p = results.predictions;
  for (std::size_t row = p.of.size(); row-- > 0;)
    if (p.of[row] == 0 && p.task_index[row] == task && p.replicate[row] == replicate) {
      p.replicate[row] = 1 - replicate;  // now the other search has it twice
      p.example_index[row] = 0;
      return;
    }
}

TEST(Outcome, LeavesOutASearchWithAGapAndItsTaskFromTheMeans) {
  SweepResults results = read_results(fixture("lorahub"));
  lose_an_answer(results, 0, 1);
  const Outcome outcome = outcome_of(results, Scoring::lorahub);
  EXPECT_EQ(outcome.tasks[0].ways.at(Subject::search).replicates, 1);
  EXPECT_EQ(outcome.tasks[1].ways.at(Subject::search).replicates, 2);
  EXPECT_THAT(outcome.whole, testing::ElementsAre(1));
  EXPECT_DOUBLE_EQ(outcome.means.at(Subject::search).value, outcome.tasks[1].ways.at(Subject::search).value);
  EXPECT_THAT(remark_on_whole(outcome), testing::HasSubstr("1 of 2"));
}

TEST(Outcome, HasTheAccuraciesThatTheFileStates) {
  const SweepResults results = read_results(fixture("lorahub"));
  EXPECT_THAT(search_accuracies(results, outcome_of(results, Scoring::lorahub)),
              testing::Pointwise(testing::DoubleEq(), results.summary.accuracy));
  EXPECT_THAT(search_accuracies(results, outcome_of(results, Scoring::lmeval)),
              testing::Pointwise(testing::DoubleEq(), results.summary.accuracy_lmeval));
}

// The row of the file's statistics, or -1.
std::ptrdiff_t row_of(const Statistics& s, std::int32_t task, Subject of, std::int8_t against) {
  for (std::size_t row = 0; row < s.of.size(); ++row)
    if (s.task_index[row] == task && s.of[row] == static_cast<std::int8_t>(of) && s.against[row] == against)
      return static_cast<std::ptrdiff_t>(row);
  return -1;
}

// Of a file whose second task has a search less, so that not all tasks are whole, and of the whole file.
TEST(Outcome, HasTheStatisticsThatTheFileStates) {
  for (const char* journal : {"journal", "journal.half"}) {
    const SweepResults results = open_results(fixture("lorahub", journal), TextsKept::none);
    const Outcome outcome = outcome_of(results, Scoring::lorahub);
    const Statistics& s = results.statistics;
    std::size_t found = 0;
    const auto expect = [&](std::int32_t task, const std::map<Subject, Estimate>& ways, const auto& differences) {
      for (const auto& [way, estimate] : ways) {
        const auto row = row_of(s, task, way, 0);
        ASSERT_GE(row, 0);
        EXPECT_DOUBLE_EQ(estimate.value, s.estimate[row]);
        EXPECT_DOUBLE_EQ(estimate.interval.low, s.low[row]);
        EXPECT_DOUBLE_EQ(estimate.interval.high, s.high[row]);
        ++found;
      }
      for (const Difference& difference : differences) {
        const auto row =
            row_of(s, task, Subject::search, static_cast<std::int8_t>(1 + static_cast<int>(difference.against)));
        ASSERT_GE(row, 0);
        EXPECT_DOUBLE_EQ(difference.estimate.value, s.estimate[row]);
        EXPECT_DOUBLE_EQ(difference.estimate.interval.high, s.high[row]);
        EXPECT_EQ(difference.p, s.p[row]);
        EXPECT_EQ(difference.p_adjusted, s.p_adjusted[row]);
        ++found;
      }
    };
    for (std::size_t t = 0; t < outcome.tasks.size(); ++t)
      expect(static_cast<std::int32_t>(t), outcome.tasks[t].ways, outcome.tasks[t].differences);
    expect(-1, outcome.means, outcome.differences);
    EXPECT_EQ(found, s.of.size()) << journal;
  }
}

TEST(OpenResults, SaysTheSameOfAJournalAsOfItsResults) {
  for (const char* name : {"lorahub", "exact"}) {
    const SweepResults of_file = open_results(fixture(name)), of_journal = open_results(fixture(name, "journal"));
    EXPECT_EQ(outcome_table(of_file, outcome_of(of_file, Scoring::lorahub), TableFormat::csv),
              outcome_table(of_journal, outcome_of(of_journal, Scoring::lorahub), TableFormat::csv));
  }
}

TEST(OpenResults, ShowsARunThatIsNotFinished) {
  const SweepResults half = open_results(fixture("lorahub", "journal.half"));
  EXPECT_FALSE(half.complete);
  const Outcome outcome = outcome_of(half, Scoring::lorahub);
  for (const auto format :
       {TableFormat::text, TableFormat::markdown, TableFormat::latex, TableFormat::csv, TableFormat::json})
    EXPECT_THAT(outcome_table(half, outcome, format), testing::Not(testing::IsEmpty()));
}

TEST(Compare, FindsNoDifferenceBetweenAFileAndItself) {
  const SweepResults results = read_results(fixture("lorahub"));
  const Comparison comparison = compare({{"a", results}, {"b", results}}, {}, Scoring::lorahub);
  ASSERT_EQ(comparison.others.size(), 1);
  EXPECT_THAT(comparison.others[0].differing, testing::IsEmpty());
  for (const ComparedTask& task : comparison.others[0].tasks) {
    EXPECT_EQ(task.result.difference.value, 0);
    EXPECT_EQ(task.result.difference.interval.low, 0);
    EXPECT_EQ(task.result.difference.interval.high, 0);
    EXPECT_EQ(task.result.p, 1);
  }
}

TEST(Compare, NamesTaskAndExampleWhereTargetsDiffer) {
  const SweepResults one = read_results(fixture("lorahub"));
  SweepResults other = one;
  for (std::size_t row = 0; row < other.predictions.of.size(); ++row)
    if (other.predictions.task_index[row] == 1 && other.predictions.example_index[row] == 7)
      other.predictions.target[row] = "otherwise";
  EXPECT_THAT(refusal_of([&] {
                compare({{"a.h5", one}, {"b.h5", other}}, {}, Scoring::lorahub);
              }),
              RefusedWith(ExitCode::bad_input, one.summary.task[1],
                          std::vector<std::string>{"a.h5", "b.h5", "7", "otherwise"}));
}

TEST(Compare, LeavesOutATaskThatIsNotWholeAndSaysSo) {
  const SweepResults one = read_results(fixture("lorahub"));
  SweepResults other = one;
  lose_an_answer(other, 0, 1);
  Predictions& p = other.predictions;
  for (std::size_t row = 0; row < p.of.size(); ++row)
    if (p.of[row] == 0 && p.task_index[row] == 0) p.example_index[row] = 0;
  const Comparison comparison = compare({{"a", one}, {"b", other}}, {}, Scoring::lorahub);
  EXPECT_EQ(comparison.others[0].tasks.size(), 1);
  EXPECT_THAT(comparison.others[0].left_out, testing::ElementsAre(testing::HasSubstr(one.summary.task[0])));
}

TEST(Compare, NamesTheSettingsThatDiffer) {
  const SweepResults one = read_results(fixture("lorahub"));
  SweepResults other = one;
  std::string& manifests = other.provenance.at("manifests");
  const std::string budget = "\"budget\": 40";
  manifests.replace(manifests.find(budget), budget.size(), "\"budget\": 60");
  EXPECT_THAT(compare({{"a", one}, {"b", other}}, {}, Scoring::lorahub).others[0].differing,
              testing::ElementsAre("search.budget: 40, 60"));
}

}  // namespace
}  // namespace lorasweep
