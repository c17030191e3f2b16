// SPDX-License-Identifier: Apache-2.0
// Sweeps that search nothing: what a search found is found again, transferred, and taken from a paper.
#include "data/core/error.h"
#include "tests/pipeline/run/half_a_run.h"
#include "tests/pipeline/run/small_sweep.h"
#include "tests/testing/expect_error.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <tuple>

namespace lorasweep {
namespace {

class GivenWeightsRun : public SmallSweep {
 protected:
  static constexpr auto short_search = "search.budget=4";
  std::filesystem::path write(const std::string& name, const std::string& text) const {
    std::ofstream(folder / name) << text;
    return folder / name;
  }
  ExitCode given(const std::string& name, const std::filesystem::path& weights, std::vector<std::string> extra = {}) {
    extra.insert(extra.begin(), {"search.method=given", "search.weights=" + weights.string(), "search.budget=1"});
    return run(name, std::move(extra));
  }
  SweepResults results(const std::string& name) const { return read_results(results_path(directory(name))); }

  using Answers = std::map<std::tuple<int, int, int, int>, std::string>;
  static Answers answers(const SweepResults& results) {
    Answers all;
    const Predictions& p = results.predictions;
    for (std::size_t i = 0; i < p.of.size(); ++i)
      all[{p.of[i], p.task_index[i], p.replicate[i], p.example_index[i]}] = p.prediction[i];
    return all;
  }
};

TEST_F(GivenWeightsRun, OfAFinishedSweepGiveItsObjectivesAndAnswersBitForBit) {
  for (const std::string composition : {"lorahub", "exact"}) {
    const std::string searched = composition, again = composition + "_again",
                      flag = "search.composition=" + composition;
    ASSERT_EQ(run(searched, {short_search, flag}), ExitCode::ok);
    ASSERT_EQ(given(again, results_path(directory(searched)), {flag}), ExitCode::ok);
    const SweepResults one = results(searched), other = results(again);
    EXPECT_TRUE(other.complete);
    EXPECT_EQ(other.summary.best_objective, one.summary.best_objective);
    EXPECT_EQ(other.summary.best_weights, one.summary.best_weights);
    EXPECT_EQ(other.summary.adapter_index, one.summary.adapter_index);
    EXPECT_EQ(answers(other), answers(one));
    EXPECT_EQ(other.evaluations.step.size(), 4u) << "one for each task and seed";
    // An evaluation is known by what it depends on, whoever asked for it.
    for (const std::string& key : other.evaluations.eval_key)
      EXPECT_EQ(std::ranges::count(one.evaluations.eval_key, key), 1);
  }
}

// Which adapters a screen chose is known from the file.
TEST_F(GivenWeightsRun, OfAScreenedSweepGiveItsObjectivesAndAnswersBitForBit) {
  write("list.txt", "tiny_flan-count_v1\ntiny_flan-copy_v2\ntiny_flan-sort_v1\ntiny_flan-bool_v1\n");
  const std::string library = "adapters.list=" + (folder / "list.txt").string();
  for (const std::string composition : {"lorahub", "exact"}) {
    const std::string flag = "search.composition=" + composition, again = composition + "_again";
    ASSERT_EQ(run(composition, {flag, library, "search.seeds=1", "adapters.select=screened", "adapters.count=2",
                                "search.budget=12"}),
              ExitCode::ok);
    ASSERT_EQ(given(again, results_path(directory(composition)), {flag, library, "search.seeds=1"}), ExitCode::ok);
    const SweepResults one = results(composition), other = results(again);
    EXPECT_EQ(other.summary.best_objective, one.summary.best_objective);
    EXPECT_EQ(other.summary.best_weights, one.summary.best_weights);
    EXPECT_EQ(answers(other), answers(one));
  }
}

TEST_F(GivenWeightsRun, WithoutASeedAreComputedOnce) {
  const auto table = write("w.csv",
                           "task,seed,adapter,weight\r\n,,tiny_flan-count_v1,0.5\r\n"
                           "queue_size,,tiny_flan-copy_v2,-0.25\r\n");
  ASSERT_EQ(given("r", table), ExitCode::ok);
  const SweepResults r = results("r");
  EXPECT_EQ(r.summary.seed, (std::vector<std::int64_t>{1}));
  ASSERT_EQ(r.summary.task, (std::vector<std::string>{"queue_size", "truth_checking"}));
  ASSERT_EQ(r.summary.adapter_slots, 2);
  EXPECT_EQ(r.summary.best_weights[0], 0.5);
  EXPECT_EQ(r.summary.best_weights[1], -0.25);
  EXPECT_EQ(r.summary.best_weights[2], 0.5);
  EXPECT_EQ(r.summary.adapter_index[3], -1);
  EXPECT_EQ(r.adapters.name[r.summary.adapter_index[1]], "tiny_flan-copy_v2");
}

TEST_F(GivenWeightsRun, TransferAMixtureToAnotherTask) {
  ASSERT_EQ(run("from", {short_search, "tasks.names=queue_size", "search.seeds=1"}), ExitCode::ok);
  const SweepResults from = results("from");
  std::string rows = "task,seed,adapter,weight\n";
  for (std::int32_t slot = 0; slot < from.summary.adapter_slots; ++slot)
    rows +=
        fmt::format(",,{},{}\n", from.adapters.name[from.summary.adapter_index[slot]], from.summary.best_weights[slot]);
  ASSERT_EQ(given("to", write("w.csv", rows), {"tasks.names=truth_checking", "search.seeds=1"}), ExitCode::ok);
  const SweepResults to = results("to");
  EXPECT_EQ(to.summary.task, (std::vector<std::string>{"truth_checking"}));
  EXPECT_EQ(to.summary.best_weights, from.summary.best_weights);
  EXPECT_NE(to.summary.best_objective, from.summary.best_objective);
}

TEST_F(GivenWeightsRun, AreContinuedWithTheSameFileOnly) {
  const auto table = write("w.csv", "task,seed,adapter,weight\n,,tiny_flan-count_v1,0.5\n");
  ASSERT_EQ(given("whole", table), ExitCode::ok);
  for (const std::string name : {"half", "changed"}) leave_half(directory("whole"), directory(name));
  ASSERT_EQ(given("half", table), ExitCode::ok);
  EXPECT_EQ(digest(results_path(directory("half"))), digest(results_path(directory("whole"))));
  write("w.csv", "task,seed,adapter,weight\n,,tiny_flan-count_v1,0.25\n");
  EXPECT_THAT(refusal_of([&] { given("changed", table); }),
              Refused(ExitCode::bad_input, directory("changed").string(), {"search.weights"}));
}

TEST_F(GivenWeightsRun, AreRefusedByFileAndLineBeforeAnythingRuns) {
  const auto table =
      write("w.csv", "task,seed,adapter,weight\nqueue_size,,tiny_flan-count_v1,0.5\n,,tiny_flan-cuont_v1,1\n");
  EXPECT_THAT(refusal_of([&] { given("r", table); }),
              RefusedWith(ExitCode::bad_input, "",
                          std::vector<std::string>{"w.csv:3", "tiny_flan-cuont_v1", "tiny_flan-count_v1"}));
  EXPECT_FALSE(std::filesystem::exists(journal_path(directory("r"))));
}

}  // namespace
}  // namespace lorasweep
