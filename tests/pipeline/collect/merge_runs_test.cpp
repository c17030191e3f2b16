// SPDX-License-Identifier: Apache-2.0
// What becomes of the records of several runs of one sweep: trials, controls, contradictions.
#include "pipeline/collect/merge_runs.h"

#include "data/core/error.h"
#include "pipeline/collect/failed_trials.h"
#include "tests/pipeline/manifest/sample_manifest.h"

#include <gtest/gtest.h>

#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

RunRecords run_of(std::string where, std::vector<Record> records) {
  return {.where = std::move(where), .manifest = sample_manifest(), .records = std::move(records)};
}

TrialRecord trial(Trial kind, std::uint32_t index, std::uint32_t position, double loss) {
  return {.kind = kind, .index = index, .position = position, .nll = {loss, loss}, .loss = loss, .key = "k"};
}
TrialRecord failed(Trial kind, std::uint32_t index, std::uint32_t position) {
  TrialRecord record = trial(kind, index, position, nan);
  record.failure = "it was lost";
  return record;
}

TEST(MergeRuns, KeepsTrialsByWhatTheyTried) {
  const std::vector<RunRecords> runs = {
      run_of("a", {trial(Trial::screen, 0, 1, 3.0), trial(Trial::uniform, 1, 0, 4.0)}),
      run_of("b", {trial(Trial::screen, 0, 0, 2.0), trial(Trial::ablation, 0, 1, 5.0)})};
  const MergedRuns merged = merge_runs(runs);
  const Screen& screen = merged.screens.at(0).at(42);
  ASSERT_EQ(screen.size(), 2u);
  EXPECT_EQ(screen.at(0)->loss, 2.0);
  EXPECT_EQ(screen.at(1)->loss, 3.0);
  EXPECT_EQ(merged.searches[0][0].uniform, nullptr);
  ASSERT_NE(merged.searches[0][1].uniform, nullptr);
  EXPECT_EQ(merged.searches[0][1].uniform->loss, 4.0);
  ASSERT_EQ(merged.searches[0][0].ablations.size(), 1u);
  EXPECT_EQ(merged.searches[0][0].ablations.at(1)->loss, 5.0);
  EXPECT_TRUE(merged.searches[0][1].ablations.empty());
}

// The order of a library follows from names, and another run may have drawn from more of them.
TEST(MergeRuns, KnowsAdaptersOfAScreenByName) {
  std::vector<RunRecords> runs = {run_of("a", {}), run_of("b", {trial(Trial::screen, 0, 0, 2.0)})};
  std::swap(runs[1].manifest.adapters[0], runs[1].manifest.adapters[1]);
  runs[1].manifest.adapter_sets = {{0, 1}};
  const MergedRuns merged = merge_runs(runs);
  ASSERT_EQ(merged.adapters.at(1).name, "y");
  ASSERT_EQ(merged.screens[0].at(42).size(), 1u);
  EXPECT_EQ(merged.screens[0].at(42).at(1)->loss, 2.0);
}

TEST(MergeRuns, TakesATrialThatAnotherRunRepaired) {
  for (const bool failed_first : {true, false}) {
    std::vector<RunRecords> runs = {run_of("a", {failed(Trial::screen, 0, 0)}),
                                    run_of("b", {trial(Trial::screen, 0, 0, 2.0)})};
    if (!failed_first) std::swap(runs[0], runs[1]);
    EXPECT_EQ(merge_runs(runs).screens[0].at(42).at(0)->loss, 2.0);
  }
  const std::vector<RunRecords> only = {run_of("a", {failed(Trial::screen, 0, 0)})};
  EXPECT_EQ(merge_runs(only).screens[0].at(42).at(0)->failure, "it was lost");
}

TEST(FailedTrials, CountOnceAndNotWhereAnotherRunHasTheirLoss) {
  const std::vector<Record> three = {failed(Trial::screen, 0, 0), failed(Trial::uniform, 1, 0),
                                     failed(Trial::ablation, 0, 1), trial(Trial::screen, 0, 1, 2.0)};
  EXPECT_EQ(failed_trials({run_of("a", three)}), 3u);
  EXPECT_EQ(failed_trials({run_of("a", three), run_of("b", three)}), 3u);
  EXPECT_EQ(failed_trials({run_of("a", three), run_of("b", {trial(Trial::screen, 0, 0, 2.0)})}), 2u);
  EXPECT_EQ(failed_trials({run_of("a", {trial(Trial::screen, 0, 0, nan)})}), 0u) << "that is its loss";
}

TEST(MergeRuns, RefusesTrialsThatContradictEachOther) {
  for (const Trial kind : {Trial::screen, Trial::uniform, Trial::ablation}) {
    const auto runs = [&](auto change) {
      std::vector<RunRecords> two = {run_of("a", {trial(kind, 0, 0, 2.0)}), run_of("b", {})};
      TrialRecord other = trial(kind, 0, 0, 2.0);
      change(other);
      two[1].records = {other};
      return two;
    };
    EXPECT_NO_THROW(merge_runs(runs([](TrialRecord& t) { t.worker = 3; })));
    EXPECT_THROW(merge_runs(runs([](TrialRecord& t) { t.loss = 2.5; })), InputError);
    EXPECT_THROW(merge_runs(runs([](TrialRecord& t) { t.nll[1] = -2.0; })), InputError);
    EXPECT_THROW(merge_runs(runs([](TrialRecord& t) { t.key = "j"; })), InputError);
  }
}

TEST(MergeRuns, KeepsAnswersOfControlsBesideTheirSearch) {
  std::vector<RunRecords> runs = {
      run_of("a", {PredictionRecord{.of = Subject::uniform, .index = 1, .example = 0, .text = "yes"},
                   FailureRecord{.of = Subject::best_single, .index = 0, .reason = "lost"}})};
  runs[0].manifest.config.predict.baselines = {Subject::uniform, Subject::best_single};
  const MergedRuns merged = merge_runs(runs);
  EXPECT_EQ(merged.controls[0][1].at(Subject::uniform).predictions.at(0)->text, "yes");
  EXPECT_TRUE(merged.controls[0][0].at(Subject::uniform).predictions.empty());
  EXPECT_EQ(merged.controls[0][0].at(Subject::best_single).failure, "lost");
  EXPECT_TRUE(merged.controls[0][0].at(Subject::uniform).wanted);
  EXPECT_FALSE(merged.controls[0][0].at(Subject::random_adapters).wanted);
  EXPECT_FALSE(merged.baselines[0].at(Subject::zero_shot).wanted);
}

// Two adapters screened, one chosen, a budget of 4: two evaluations a search.
RunRecords screened_run(double loss_of_x, double loss_of_y) {
  RunRecords run = run_of("s", {trial(Trial::screen, 0, 0, loss_of_x), trial(Trial::screen, 0, 1, loss_of_y)});
  run.manifest.config.adapters.select = AdapterSelection::screened;
  run.manifest.config.adapters.count = 1;
  run.manifest.config.search.budget = 4;
  run.manifest.config.search.guard = Guard::leave_one_out;
  run.manifest.config.search.loss = Reduction::token_mean;
  run.manifest.adapter_sets.clear();
  for (Manifest::Search& search : run.manifest.searches) search.adapter_set = -1;
  run.manifest.trials = {{.kind = Trial::screen, .index = 0, .positions = {0, 1}}};
  return run;
}
EvaluationRecord evaluation(std::uint32_t search, std::uint32_t step, double nll) {
  return {.search = search, .step = step, .weights = {0.5}, .nll = {nll, nll}, .loss = nll, .key = "k"};
}

TEST(MergeRuns, ChoosesAScreenedSearchsAdaptersAgain) {
  const std::vector<RunRecords> y = {screened_run(3.0, 2.0)}, x = {screened_run(2.0, nan)};
  const MergedRuns second = merge_runs(y), first = merge_runs(x);
  for (const MergedUnit& search : second.searches[0]) EXPECT_EQ(search.adapters, std::vector<std::int32_t>{1});
  for (const MergedUnit& search : first.searches[0]) EXPECT_EQ(search.adapters, std::vector<std::int32_t>{0});
  EXPECT_EQ(second.controls[0][1].at(Subject::best_single).adapters, std::vector<std::int32_t>{1});
}

TEST(MergeRuns, KnowsNoAdaptersBeforeTheScreenIsComplete) {
  std::vector<RunRecords> runs = {screened_run(3.0, 2.0)};
  runs[0].records.pop_back();
  const MergedRuns merged = merge_runs(runs);
  EXPECT_TRUE(merged.searches[0][0].adapters.empty());
  EXPECT_TRUE(merged.controls[0][0].at(Subject::best_single).adapters.empty());
  EXPECT_EQ(merged.missing_trials, 1u);
  const std::vector<RunRecords> whole = {screened_run(3.0, 2.0)};
  EXPECT_EQ(merge_runs(whole).missing_trials, 0u);
}

TEST(MergeRuns, RefusesSearchesOfOtherScreensWhereTheyChooseOtherwise) {
  RunRecords one = screened_run(3.0, 2.0), other = screened_run(3.0, 2.0);
  std::get<TrialRecord>(other.records[1]) = failed(Trial::screen, 0, 1);
  const std::vector<RunRecords> runs = {one, other};
  EXPECT_THROW(merge_runs(runs), InputError);
}

TEST(MergeRuns, JudgesAGuardedSearchOnceItIsFinished) {
  std::vector<RunRecords> runs = {screened_run(3.0, 2.0)};
  runs[0].records.emplace_back(evaluation(0, 0, 10.0));
  EXPECT_FALSE(merge_runs(runs).searches[0][0].guard.has_value());
  runs[0].records.emplace_back(evaluation(0, 1, 9.0));
  runs[0].records.emplace_back(evaluation(1, 0, 10.0));
  runs[0].records.emplace_back(evaluation(1, 1, 4.0));
  const MergedRuns merged = merge_runs(runs);
  // Five target tokens: all nll of a shot twice, over 5.
  const std::optional<Guarded>& first = merged.searches[0][0].guard;
  ASSERT_TRUE(first.has_value());
  EXPECT_DOUBLE_EQ(first->losses.base, 20.0 / 5);
  EXPECT_DOUBLE_EQ(first->losses.mixture, 18.0 / 5);
  EXPECT_DOUBLE_EQ(first->losses.best_single, 4.0 / 5);
  EXPECT_EQ(first->verdict, GuardVerdict::best_single);
  EXPECT_EQ(merged.searches[0][1].guard.value().verdict, GuardVerdict::mixture);
}

}  // namespace
}  // namespace lorasweep
