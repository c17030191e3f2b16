// SPDX-License-Identifier: Apache-2.0
// The statistics of a sweep's answers, against numpy's, scipy's and statsmodels' (tests/golden/make).
#include "pipeline/collect/sweep_statistics.h"

#include "data/core/file.h"
#include "data/journal/subject.h"
#include "data/results/results_reader.h"
#include "data/results/results_writer.h"
#include "tests/testing/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
const std::vector<std::string> subjects = {"search",  "zero_shot",   "few_shot",
                                           "uniform", "best_single", "random_adapters"};

const Json& golden() {
  static const Json json = Json::parse(read_file(LORASWEEP_GOLDEN_DIR "/statistics/sweep.json", 1 << 24));
  return json;
}

std::int8_t code_of(const std::string& subject) {
  return static_cast<std::int8_t>(std::ranges::find(subjects, subject) - subjects.begin());
}

void add_answers(Predictions& p, std::int8_t of, std::size_t task, std::int32_t replicate, const Json& row) {
  for (std::size_t example = 0; example < row.size(); ++example) {
    if (row[example] < 0) continue;
    p.of.push_back(of);
    p.task_index.push_back(static_cast<std::int32_t>(task));
    p.replicate.push_back(replicate);
    p.example_index.push_back(static_cast<std::int32_t>(example));
    p.correct_lorahub.push_back(row[example].get<std::int8_t>());
  }
}

SweepResults sweep() {
  SweepResults results;
  Summary& s = results.summary;
  const std::size_t replicates = golden().at("replicates");
  for (std::size_t r = 0; r < replicates; ++r) s.seed.push_back(static_cast<std::int64_t>(r));
  const Json& tasks = golden().at("answers");
  for (std::size_t t = 0; t < tasks.size(); ++t) {
    s.task.push_back("task " + std::to_string(t));
    s.n_examples.push_back(static_cast<std::int32_t>(tasks[t].at("zero_shot")[0].size()));
    for (const auto& [of, rows] : tasks[t].items())
      for (std::size_t r = 0; r < rows.size(); ++r)
        add_answers(results.predictions, code_of(of), t, of.ends_with("shot") ? -1 : static_cast<std::int32_t>(r),
                    rows[r]);
  }
  const std::size_t cells = s.task.size() * replicates;
  s.accuracy.assign(cells, unknown);
  s.best_objective.assign(cells, unknown);
  s.accuracy_zero_shot.assign(s.task.size(), unknown);
  return results;
}

double number_or_unknown(const Json& row, const char* name) {
  return !row.contains(name) || row.at(name).is_null() ? unknown : row.at(name).get<double>();
}

void expect_number(double value, const Json& row, const char* name) {
  const double wanted = number_or_unknown(row, name);
  if (std::isnan(wanted))
    EXPECT_TRUE(std::isnan(value)) << name << " of " << row;
  else
    EXPECT_NEAR(value, wanted, 1e-10) << name << " of " << row;
}

TEST(SweepStatistics, AreThoseOfNumpyAndScipy) {
  SweepResults results = sweep();
  add_statistics(results);
  const Statistics& s = results.statistics;
  const Json& rows = golden().at("rows");
  ASSERT_EQ(s.of.size(), rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Json& row = rows[i];
    EXPECT_EQ(s.task_index[i], row.at("task_index")) << row;
    EXPECT_EQ(s.of[i], code_of(row.at("of"))) << row;
    EXPECT_EQ(s.against[i], row.at("against") == "none" ? 0 : 1 + code_of(row.at("against"))) << row;
    EXPECT_EQ(s.n_tasks[i], row.at("n_tasks")) << row;
    EXPECT_EQ(s.n_replicates[i], row.at("n_replicates")) << row;
    EXPECT_EQ(s.n_examples[i], row.at("n_examples")) << row;
    expect_number(s.estimate[i], row, "estimate");
    expect_number(s.low[i], row, "low");
    expect_number(s.high[i], row, "high");
    expect_number(s.p[i], row, "p");
    expect_number(s.p_adjusted[i], row, "p_adjusted");
  }
}

TEST(SweepStatistics, AreTheSameBitsInWhateverOrderTheAnswersCome) {
  SweepResults forth = sweep(), back = sweep();
  Predictions& p = back.predictions;
  std::ranges::reverse(p.of);
  std::ranges::reverse(p.task_index);
  std::ranges::reverse(p.replicate);
  std::ranges::reverse(p.example_index);
  std::ranges::reverse(p.correct_lorahub);
  add_statistics(forth);
  add_statistics(back);
  const auto bits = [](const std::vector<double>& values) {
    std::vector<std::uint64_t> words;
    for (const double value : values) words.push_back(std::isnan(value) ? 0 : std::bit_cast<std::uint64_t>(value));
    return words;
  };
  EXPECT_EQ(bits(forth.statistics.low), bits(back.statistics.low));
  EXPECT_EQ(bits(forth.statistics.p_adjusted), bits(back.statistics.p_adjusted));
}

TEST(SweepStatistics, ChooseByShotsTheFirstOfTheLowestObjectives) {
  SweepResults results = sweep();
  const double objectives[] = {3, 1, 1, unknown, 2, unknown, unknown, unknown, unknown, 5, 5, 4};
  std::ranges::copy(objectives, results.summary.best_objective.begin());
  add_statistics(results);
  EXPECT_THAT(results.summary.by_shots, testing::ElementsAre(1, 1, -1, 2, -1, -1));
}

TEST(SweepStatistics, CountSearchesBelowZeroShotByTask) {
  SweepResults results = sweep();
  Summary& s = results.summary;
  const double accuracies[] = {30, 10, 20, unknown, 50, 40, unknown, unknown, unknown, 1, 2, 3};
  std::ranges::copy(accuracies, s.accuracy.begin());
  s.accuracy_zero_shot = {25, 40, 10, unknown, 0, 0};
  add_statistics(results);
  EXPECT_THAT(s.n_below_zero_shot, testing::ElementsAre(2, 0, -1, -1, -1, -1));
  EXPECT_EQ(s.most_below_zero_shot[0], 15);
  EXPECT_TRUE(std::isnan(s.most_below_zero_shot[1]));
}

TEST(SweepStatistics, OfNothingAreNothing) {
  SweepResults results;
  add_statistics(results);
  EXPECT_TRUE(results.statistics.of.empty());
}

}  // namespace
}  // namespace lorasweep
