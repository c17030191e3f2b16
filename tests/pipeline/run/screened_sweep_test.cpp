// SPDX-License-Identifier: Apache-2.0
// Sweeps that try adapters alone, choose by that, and ask controls: the same values in however many lives and parts.
#include "data/core/error.h"
#include "data/journal/journal.h"
#include "pipeline/collect/build_results.h"
#include "pipeline/collect/collect_runs.h"
#include "pipeline/collect/merge_runs.h"
#include "pipeline/manifest/adapters_of_searches.h"
#include "tests/pipeline/run/small_sweep.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

namespace lorasweep {
namespace {

using testing::HasSubstr;

constexpr std::size_t library = 8, chosen = 3, budget = 16;

class ScreenedSweep : public SmallSweep {
 protected:
  void SetUp() override {
    SmallSweep::SetUp();
    std::string names;
    for (const char* name :
         {"bool_v1", "category_v1", "copy_v2", "count_v1", "larger_v1", "option_v1", "sort_v1", "swap_v1"})
      names += std::string("tiny_flan-") + name + "\n";
    write_file_atomically(folder / "list.txt", names);
  }
  // Two tasks, two seeds with cma, all that can stand beside a search.
  std::vector<std::string> settings(std::vector<std::string> more = {}) const {
    std::vector<std::string> flags = {"adapters.list=" + (folder / "list.txt").string(),
                                      "adapters.select=screened",
                                      "adapters.count=" + std::to_string(chosen),
                                      "search.budget=" + std::to_string(budget),
                                      "search.method=cma",
                                      "search.guard=leave-one-out",
                                      "tasks.limit=4",
                                      "predict.ablate=true",
                                      "predict.baselines=zero-shot,uniform,best-single"};
    flags.insert(flags.end(), more.begin(), more.end());
    return flags;
  }
  std::vector<Record> records(const std::string& name) const { return read_run(directory(name)).records; }
  template <typename T>
  std::vector<T> all(const std::string& name) const {
    std::vector<T> found;
    for (const Record& record : records(name))
      if (const auto* one = std::get_if<T>(&record)) found.push_back(*one);
    return found;
  }
};

TEST_F(ScreenedSweep, ChoosesTheBestOfWhatItTriedAloneAndSpendsItsBudgetOnBoth) {
  ASSERT_EQ(run("one", settings({"run.workers=1"})), ExitCode::ok);
  std::map<std::uint32_t, std::vector<std::pair<double, std::int32_t>>> screens;
  std::map<Trial, std::size_t> count;
  for (const TrialRecord& trial : all<TrialRecord>("one")) {
    ++count[trial.kind];
    if (trial.kind == Trial::screen)
      screens[trial.index].emplace_back(trial.loss, static_cast<std::int32_t>(trial.position));
  }
  EXPECT_EQ(count[Trial::screen], 2 * library) << "each adapter once on each of two tasks, for both seeds";
  EXPECT_EQ(count[Trial::uniform], 4u);
  EXPECT_EQ(count[Trial::ablation], 4 * chosen);
  EXPECT_EQ(all<EvaluationRecord>("one").size(), 4 * (budget - library));

  const RunRecords one = read_run(directory("one"));
  const auto adapters = adapters_of_searches(one.manifest, one.records);
  const SweepResults results = read_results(results_path(directory("one")));
  for (std::size_t s = 0; s < 4; ++s) {
    EXPECT_EQ(one.manifest.searches[s].adapter_set, -1);
    auto& screen = screens.at(static_cast<std::uint32_t>(one.manifest.searches[s].task));
    std::ranges::sort(screen);
    for (std::size_t slot = 0; slot < chosen; ++slot) {
      EXPECT_EQ(adapters[s][slot], screen[slot].second) << s;
      EXPECT_EQ(results.summary.adapter_index[s * chosen + slot], screen[slot].second) << s;
    }
  }
}

TEST_F(ScreenedSweep, ValuesDependNeitherOnWorkersNorOnLives) {
  for (const std::string how : {"search.composition=lorahub", "search.composition=exact", "search.method=auto"}) {
    const std::string one = how + "_one", three = how + "_three";
    ASSERT_EQ(run(one, settings({how, "run.workers=1"})), ExitCode::ok);
    ASSERT_EQ(run(three, settings({how, "run.workers=3"})), ExitCode::ok);
    const std::string expected = digest(results_path(directory(one))),
                      journal = read_file(journal_path(directory(one)), 64u << 20);
    EXPECT_EQ(digest(results_path(directory(three))), expected) << how;
    const int step = how == "search.composition=lorahub" ? 1 : 4;
    for (int part = 1; part < 12; part += step) {  // the first ones cut screens, the last ones answers
      const std::string name = how + std::to_string(part);
      std::filesystem::create_directories(directory(name));
      write_file_atomically(journal_path(directory(name)), journal.substr(0, journal.size() * part / 12));
      ASSERT_EQ(run(name, settings({how, "run.workers=2"})), ExitCode::ok) << name;
      EXPECT_EQ(digest(results_path(directory(name))), expected) << name;
      EXPECT_EQ(all<TrialRecord>(name).size(), all<TrialRecord>(one).size()) << name;
    }
  }
}

TEST_F(ScreenedSweep, PartsKeepATasksSearchesTogetherAndMergeIntoTheWhole) {
  ASSERT_EQ(run("whole", settings()), ExitCode::ok);
  std::vector<std::filesystem::path> parts;
  for (const std::string part : {"1", "2"}) {
    ASSERT_EQ(run("part" + part, settings({"run.part=" + part + "/2"})), ExitCode::ok);
    parts.push_back(directory("part" + part));
    const RunRecords records = read_run(parts.back());
    std::set<std::int32_t> tasks;
    for (const Manifest::Search& search : records.manifest.searches) tasks.insert(search.task);
    EXPECT_EQ(tasks.size(), 1u);
    EXPECT_EQ(records.manifest.searches.size(), 2u);
  }
  testing::internal::CaptureStdout();
  EXPECT_EQ(collect_runs({parts[1], parts[0]}, folder / "merged.h5"), ExitCode::ok);
  testing::internal::GetCapturedStdout();
  EXPECT_EQ(digest(folder / "merged.h5"), digest(results_path(directory("whole"))));
}

TEST_F(ScreenedSweep, AnAdapterAloneIsTheSearchOverThatAdapterAtOne) {
  ASSERT_EQ(run("one", settings({"search.seeds=1"})), ExitCode::ok);
  write_file_atomically(folder / "w.csv", "task,seed,adapter,weight\n,,tiny_flan-larger_v1,1\n");
  ASSERT_EQ(run("given", {"adapters.list=" + (folder / "list.txt").string(), "search.method=given", "tasks.limit=4",
                          "search.weights=" + (folder / "w.csv").string(), "search.seeds=1"}),
            ExitCode::ok);
  std::map<std::uint32_t, std::vector<double>> given;
  for (const EvaluationRecord& e : all<EvaluationRecord>("given")) given[e.search] = e.nll;
  ASSERT_EQ(given.size(), 2u);
  int compared = 0;
  for (const TrialRecord& trial : all<TrialRecord>("one"))
    if (trial.kind == Trial::screen && trial.position == 4) {
      EXPECT_EQ(trial.nll, given.at(trial.index));
      ++compared;
    }
  EXPECT_EQ(compared, 2);
}

// Which search answers is what the guard's rule says of the records; its answers are those of who answers.
TEST_F(ScreenedSweep, ASearchThatTheGuardDoesNotTrustAnswersAsTheBaseModelOrTheBestSingleAdapter) {
  ASSERT_EQ(run("strict", settings({"search.guard_ratio=0"})), ExitCode::ok);
  const std::vector<RunRecords> runs = {read_run(directory("strict"))};
  const MergedRuns merged = merge_runs(runs);
  int asked = 0;
  for (std::size_t t = 0; t < 2; ++t)
    for (std::size_t r = 0; r < 2; ++r) {
      const MergedUnit& search = merged.searches[t][r];
      ASSERT_TRUE(search.guard.has_value());
      ASSERT_NE(search.guard->verdict, GuardVerdict::mixture) << "no loss is at most 0";
      const MergedUnit& who = search.guard->verdict == GuardVerdict::base
                                  ? merged.baselines[t].at(Subject::zero_shot)
                                  : merged.controls[t][r].at(Subject::best_single);
      ASSERT_EQ(who.predictions.size(), 4u);
      for (const auto& [example, answer] : search.predictions)
        EXPECT_EQ(answer->tokens, who.predictions.at(example)->tokens);
      asked += search.predictions.size() == 4u;
    }
  EXPECT_EQ(asked, 4);

  ASSERT_EQ(run("lenient", settings({"search.guard_ratio=1000"})), ExitCode::ok);
  const std::vector<RunRecords> others = {read_run(directory("lenient"))};
  const MergedRuns lenient = merge_runs(others);
  for (std::size_t r = 0; r < 2; ++r) EXPECT_EQ(lenient.searches[0][r].guard->verdict, GuardVerdict::mixture);
}

TEST_F(ScreenedSweep, BestSingleIsAmongTheSearchsOwnAdaptersWhereNothingIsScreened) {
  ASSERT_EQ(run("drawn", settings({"adapters.select=random", "run.workers=2"})), ExitCode::ok);
  const RunRecords drawn = read_run(directory("drawn"));
  const auto adapters = adapters_of_searches(drawn.manifest, drawn.records);
  std::set<std::pair<std::int32_t, std::int32_t>> pairs;
  for (std::size_t s = 0; s < 4; ++s)
    for (const std::int32_t a : adapters[s]) pairs.emplace(drawn.manifest.searches[s].task, a);
  std::set<std::pair<std::int32_t, std::int32_t>> tried;
  std::map<std::pair<std::int32_t, std::int32_t>, double> loss;
  for (const TrialRecord& trial : all<TrialRecord>("drawn"))
    if (trial.kind == Trial::screen) {
      EXPECT_TRUE(tried.emplace(trial.index, trial.position).second) << "twice";
      loss[{trial.index, trial.position}] = trial.loss;
    }
  EXPECT_EQ(tried, pairs) << "what searches have, and nothing else";
  const std::vector<RunRecords> runs = {drawn};
  const MergedRuns merged = merge_runs(runs);
  for (std::size_t t = 0; t < 2; ++t)
    for (std::size_t r = 0; r < 2; ++r) {
      const auto& best = merged.controls[t][r].at(Subject::best_single).adapters;
      ASSERT_EQ(best.size(), 1u);
      for (const std::int32_t a : merged.searches[t][r].adapters)
        EXPECT_LE((loss.at({static_cast<std::int32_t>(t), best[0]})), (loss.at({static_cast<std::int32_t>(t), a})));
    }
}

TEST_F(ScreenedSweep, EvaluationsForComparisonsAreOutsideTheBudget) {
  ASSERT_EQ(run("plain", settings({"adapters.select=random", "predict.baselines=zero-shot", "predict.ablate=false",
                                   "search.guard=none"})),
            ExitCode::ok);
  ASSERT_EQ(run("compared", settings({"adapters.select=random", "search.guard=none"})), ExitCode::ok);
  const auto searched = [&](const std::string& name) {
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::pair<std::string, std::vector<double>>> found;
    for (const EvaluationRecord& e : all<EvaluationRecord>(name)) found[{e.search, e.step}] = {e.key, e.nll};
    return found;
  };
  EXPECT_EQ(searched("compared"), searched("plain"));
  EXPECT_EQ(searched("plain").size(), 4 * budget);
  EXPECT_TRUE(all<TrialRecord>("plain").empty());
}

TEST_F(ScreenedSweep, ABudgetThatLeavesTooLittleIsRefusedWithTheSmallestThatWorks) {
  try {
    run("small", settings({"search.budget=11"}));
    ADD_FAILURE() << "8 + 1 + 3 evaluations are 12";
  } catch (const ConfigError& error) {
    EXPECT_EQ(error.where(), "search.budget");
    EXPECT_THAT(error.remedy(), HasSubstr("12"));
  }
  EXPECT_EQ(run("least", settings({"search.budget=12", "tasks.limit=1"})), ExitCode::ok);
  EXPECT_THROW(run("many", settings({"adapters.count=9", "search.budget=100"})), ConfigError);
}

TEST_F(ScreenedSweep, AScreenOfAnotherValueIsNotContinued) {
  ASSERT_EQ(run("one", settings()), ExitCode::ok);
  std::vector<Record> half = read_journal(journal_path(directory("one"))).records;
  half.resize(half.size() / 2);
  for (Record& record : half)
    if (auto* trial = std::get_if<TrialRecord>(&record)) trial->nll[0] = std::nextafter(trial->nll[0], 1e9);
  std::filesystem::create_directories(directory("other"));
  JournalWriter::create(journal_path(directory("other"))).append(half);
  EXPECT_THROW(run("other", settings({"run.workers=2"})), InputError) << "one worker repeats only the last evaluation";
}

TEST_F(ScreenedSweep, CobylaIsComputedOnceForAllSeeds) {
  ASSERT_EQ(run("cobyla", settings({"search.method=cobyla", "search.seeds=1,2,3"})), ExitCode::ok);
  EXPECT_EQ(all<EvaluationRecord>("cobyla").size(), 2 * (budget - library));
}

TEST_F(ScreenedSweep, AScreenAloneHasTheSameLossesAndATableOfThem) {
  const auto screen = [&](const std::string& name, const std::vector<std::string>& more) {
    RunOptions alone = options(name, settings(more));
    alone.screen_only = true;
    testing::internal::CaptureStdout();
    const ExitCode code = run_sweep(alone);
    testing::internal::GetCapturedStdout();
    return code;
  };
  ASSERT_EQ(run("one", settings()), ExitCode::ok);
  ASSERT_EQ(screen("alone", {"run.workers=2"}), ExitCode::ok);
  const auto losses = [&](const std::string& name) {
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::pair<std::string, std::vector<double>>> found;
    for (const TrialRecord& trial : all<TrialRecord>(name))
      if (trial.kind == Trial::screen) found[{trial.index, trial.position}] = {trial.key, trial.nll};
    return found;
  };
  EXPECT_EQ(losses("alone"), losses("one"));
  EXPECT_EQ(all<TrialRecord>("alone").size(), 2 * library);
  EXPECT_TRUE(all<EvaluationRecord>("alone").empty());
  EXPECT_TRUE(all<PredictionRecord>("alone").empty());

  const SweepResults results = read_results(results_path(directory("alone")));
  EXPECT_TRUE(results.complete);
  ASSERT_TRUE(results.screen.has_value());
  EXPECT_EQ(results.screen->loss.size(), 2 * library);
  const std::string table = read_file(directory("alone") / "screen.csv", 1u << 20);
  EXPECT_EQ(std::ranges::count(table, '\n'), 1 + 2 * static_cast<std::ptrdiff_t>(library));
  EXPECT_THAT(table, testing::StartsWith("task,adapter,loss,nll_0,nll_1,nll_2,nll_3,nll_4\nqueue_size,"));

  for (const int part : {1, 2, 3}) {
    const std::string name = "cut" + std::to_string(part),
                      journal = read_file(journal_path(directory("alone")), 64u << 20);
    std::filesystem::create_directories(directory(name));
    write_file_atomically(journal_path(directory(name)), journal.substr(0, journal.size() * part / 4));
    ASSERT_EQ(screen(name, {}), ExitCode::ok) << part;
    EXPECT_EQ(digest(results_path(directory(name))), digest(results_path(directory("alone")))) << part;
  }
  EXPECT_THROW(run("alone", settings()), InputError) << "it is no sweep";
}

}  // namespace
}  // namespace lorasweep
