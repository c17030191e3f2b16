// SPDX-License-Identifier: Apache-2.0
// Sweeps that search a number for each run of layers, or for each kind of map: what they have in common with one number
// an adapter, and that they keep every promise of a sweep.
#include "data/core/error.h"
#include "pipeline/collect/build_results.h"
#include "pipeline/collect/collect_runs.h"
#include "pipeline/collect/compose_again.h"
#include "tests/pipeline/run/half_a_run.h"
#include "tests/pipeline/run/small_sweep.h"
#include "tests/testing/expect_error.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>

namespace lorasweep {
namespace {

class ScopesRun : public SmallSweep {
 protected:
  static std::vector<std::string> flags(const std::string& scope, std::vector<std::string> more = {}) {
    std::vector<std::string> all = {"search.scope=" + scope, "adapters.count=3", "search.budget=9", "tasks.limit=4"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  SweepResults results(const std::string& name) const { return read_results(results_path(directory(name))); }
  std::string digest_of(const std::string& name) const { return digest(results_path(directory(name))); }
};

TEST_F(ScopesRun, OneRunOfLayersIsTheWholeModelBitForBit) {
  for (const std::string composition : {"lorahub", "exact"}) {
    const std::vector<std::string> more = {"search.composition=" + composition, "predict.ablate=true"};
    ASSERT_EQ(run("model_" + composition, flags("model", more)), ExitCode::ok);
    ASSERT_EQ(run("one_" + composition, flags("groups:1", more)), ExitCode::ok);
    EXPECT_EQ(digest_of("one_" + composition), digest_of("model_" + composition));
    EXPECT_EQ(results("one_" + composition).evaluations.eval_key, results("model_" + composition).evaluations.eval_key);
  }
  EXPECT_TRUE(results("one_exact").summary.place.empty());
}

TEST_F(ScopesRun, GivenNumbersThatAreEqualInAllPlacesAreThoseOfTheModel) {
  std::ofstream(folder / "w.csv") << "task,seed,adapter,weight\n,,tiny_flan-count_v1,0.5\n,,tiny_flan-copy_v2,-0.25\n"
                                     ",,tiny_flan-sort_v1,0.75\n";
  for (const std::string composition : {"lorahub", "exact"}) {
    const std::vector<std::string> more = {"search.method=given", "search.weights=" + (folder / "w.csv").string(),
                                           "search.composition=" + composition, "search.budget=1"};
    ASSERT_EQ(run("model_" + composition, flags("model", more)), ExitCode::ok);
    const SweepResults whole = results("model_" + composition);
    for (const std::string scope : {"groups:2", "maps"}) {
      const std::string name = composition + scope.substr(0, 4);
      ASSERT_EQ(run(name, flags(scope, more)), ExitCode::ok);
      const SweepResults wide = results(name);
      ASSERT_EQ(wide.summary.place.size(), 2u) << scope;
      EXPECT_EQ(wide.evaluations.nll, whole.evaluations.nll) << scope;
      EXPECT_EQ(wide.evaluations.loss, whole.evaluations.loss) << scope;
      EXPECT_EQ(wide.predictions.prediction, whole.predictions.prediction) << scope;
      for (std::size_t i = 0; i < whole.evaluations.objective.size(); ++i)
        EXPECT_NEAR(wide.evaluations.objective[i], whole.evaluations.objective[i],
                    1e-12 * std::abs(whole.evaluations.objective[i]));
    }
  }
}

TEST_F(ScopesRun, HaveNumbersOfTheirOwnForEveryPlace) {
  for (const auto& [scope, names] :
       {std::pair<std::string, std::vector<std::string>>{"groups:2", {"1", "2"}}, {"maps", {"q", "v"}}}) {
    ASSERT_EQ(run(scope, flags(scope)), ExitCode::ok);
    const SweepResults r = results(scope);
    EXPECT_TRUE(r.complete);
    EXPECT_EQ(r.summary.place, names);
    EXPECT_EQ(r.summary.adapter_slots, 3);
    ASSERT_EQ(r.summary.best_weights.size(), 2u * 2u * 3u * 2u);
    ASSERT_EQ(r.evaluations.weights.size(), r.evaluations.step.size() * 3 * 2);
    // cobyla changes one number after the other: the first place of the first adapter, then its second
    std::set<std::vector<double>> losses;
    for (std::size_t row = 0; row < r.evaluations.step.size(); ++row) {
      if (r.evaluations.task_index[row] != 0 || r.evaluations.replicate[row] != 0) continue;
      if (r.evaluations.step[row] == 1) {
        EXPECT_EQ(r.evaluations.weights[row * 6], 0.5);
        EXPECT_EQ(r.evaluations.weights[row * 6 + 1], 0.0);
      }
      if (r.evaluations.step[row] == 2) {
        EXPECT_EQ(r.evaluations.weights[row * 6 + 1], 0.5);
      }
      losses.insert({r.evaluations.loss[row]});
    }
    EXPECT_GT(losses.size(), 2u) << "both places change the model";
    ASSERT_EQ(r.composed.size(), 2u);
    EXPECT_EQ(r.composed[0].weights.size(), 6u);
  }
}

TEST_F(ScopesRun, AreTheSameWhoeverComputesThemAndHoweverOftenTheyAreInterrupted) {
  for (const auto& [scope, method] : {std::pair<std::string, std::string>{"groups:2", "cma"}, {"maps", "cobyla"}})
    for (const std::string composition : {"lorahub", "exact"}) {
      const std::string name = method + composition;
      const std::vector<std::string> more = {"search.method=" + method, "search.composition=" + composition,
                                             "predict.ablate=true", "search.guard=leave-one-out",
                                             "predict.baselines=zero-shot,uniform,best-single,random-adapters"};
      auto with = [&](const std::string& workers) {
        auto all = flags(scope, more);
        all.push_back("run.workers=" + workers);
        return all;
      };
      ASSERT_EQ(run(name, with("1")), ExitCode::ok);
      ASSERT_EQ(run(name + "_three", with("3")), ExitCode::ok);
      EXPECT_EQ(digest_of(name + "_three"), digest_of(name));
      leave_half(directory(name), directory(name + "_half"));
      ASSERT_EQ(run(name + "_half", with("2")), ExitCode::ok);
      EXPECT_EQ(digest_of(name + "_half"), digest_of(name));
    }
}

TEST_F(ScopesRun, PartsAreMergedIntoTheWhole) {
  ASSERT_EQ(run("whole", flags("maps")), ExitCode::ok);
  std::vector<std::filesystem::path> parts;
  for (const std::string part : {"1", "2"}) {
    ASSERT_EQ(run("part" + part, flags("maps", {"run.part=" + part + "/2"})), ExitCode::ok);
    parts.push_back(directory("part" + part));
  }
  testing::internal::CaptureStdout();
  EXPECT_EQ(collect_runs(parts, folder / "merged.h5"), ExitCode::ok);
  testing::internal::GetCapturedStdout();
  EXPECT_EQ(digest(folder / "merged.h5"), digest_of("whole"));
}

TEST_F(ScopesRun, WhatAFileHoldsOfAFinishedSweepIsFoundAgainBitForBit) {
  ASSERT_EQ(run("searched", flags("maps", {"search.composition=exact"})), ExitCode::ok);
  const std::vector<std::string> more = {"search.method=given", "search.composition=exact", "search.budget=1",
                                         "search.weights=" + results_path(directory("searched")).string()};
  ASSERT_EQ(run("again", flags("maps", more)), ExitCode::ok);
  const SweepResults one = results("searched"), other = results("again");
  EXPECT_EQ(other.summary.best_weights, one.summary.best_weights);
  EXPECT_EQ(other.summary.best_objective, one.summary.best_objective);
  EXPECT_EQ(other.summary.accuracy, one.summary.accuracy);
  for (const std::string& key : other.evaluations.eval_key)
    EXPECT_EQ(std::ranges::count(one.evaluations.eval_key, key), 1);
  EXPECT_THAT(refusal_of([&] { run("narrow", flags("model", more)); }),
              RefusedWith(ExitCode::bad_input, "", std::vector<std::string>{"best_weights", "place", "q"}));
}

TEST_F(ScopesRun, WhatAFileDoesNotHoldIsComposedAgain) {
  ASSERT_EQ(run("r", flags("maps", {"results.composed=all"})), ExitCode::ok);
  const SweepResults held = results("r");
  SweepResults bare = held;
  bare.composed.clear();
  const std::vector<ComposedModel> again = compose_again(bare, {});
  ASSERT_EQ(again.size(), held.composed.size());
  for (std::size_t m = 0; m < again.size(); ++m) {
    EXPECT_EQ(again[m].weights, held.composed[m].weights);
    for (const TensorInfo& tensor : held.composed[m].tensors)
      EXPECT_EQ(again[m].read(tensor.name).values, held.composed[m].read(tensor.name).values) << tensor.name;
  }
}

TEST_F(ScopesRun, EvaluationsOfOtherScopesHaveOtherKeysButAdaptersAloneHaveOne) {
  const std::vector<std::string> more = {"predict.baselines=uniform,best-single"};
  std::set<std::string> keys;
  std::vector<std::set<std::string>> trials;
  std::size_t count = 0;
  for (const std::string scope : {"model", "groups:2", "maps"}) {
    ASSERT_EQ(run(scope, flags(scope, more)), ExitCode::ok);
    std::set<std::string>& own = trials.emplace_back();
    for (const Record& record : read_journal(journal_path(directory(scope))).records) {
      if (const auto* evaluation = std::get_if<EvaluationRecord>(&record)) {
        keys.insert(evaluation->key);
        ++count;
      }
      if (const auto* trial = std::get_if<TrialRecord>(&record)) own.insert(trial->key);
    }
  }
  EXPECT_EQ(keys.size(), count);
  EXPECT_FALSE(trials[0].empty());
  EXPECT_EQ(trials[1], trials[0]);
  EXPECT_EQ(trials[2], trials[0]);
}

TEST_F(ScopesRun, MoreRunsThanLayersAreRefusedByTheNameOfTheStack) {
  const Refusal refusal = refusal_of([&] { run("r", flags("groups:3")); });
  EXPECT_THAT(refusal,
              RefusedWith(ExitCode::usage, "", std::vector<std::string>{"search.scope", "decoder", "groups:3"}));
  EXPECT_FALSE(std::filesystem::exists(journal_path(directory("r"))));
}

TEST_F(ScopesRun, AnotherScopeDoesNotContinueARun) {
  ASSERT_EQ(run("r", flags("groups:2")), ExitCode::ok);
  for (const std::string other : {"model", "maps"})
    EXPECT_THAT(refusal_of([&] { run("r", flags(other)); }),
                Refused(ExitCode::bad_input, directory("r").string(), {"search.scope"}));
}

TEST_F(ScopesRun, ARunOfOneNumberAnAdapterDoesNotSayItsScope) {
  ASSERT_EQ(run("r", {"search.budget=1", "tasks.limit=1"}), ExitCode::ok);
  const auto records = read_journal(journal_path(directory("r"))).records;
  const std::string manifest = std::get<ManifestRecord>(records.front()).json;
  EXPECT_EQ(manifest.find("scope"), std::string::npos);
  EXPECT_EQ(manifest.find("places"), std::string::npos);
}

}  // namespace
}  // namespace lorasweep
