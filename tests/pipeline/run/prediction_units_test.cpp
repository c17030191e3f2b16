// SPDX-License-Identifier: Apache-2.0
// How answers are handed out: those of several searches together, as many as a worker takes.
#include "tests/pipeline/run/planned_sweep.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>
#include <tuple>

namespace lorasweep {
namespace {

class PredictionUnits : public PlannedSweep {
 protected:
  static constexpr std::size_t searches = 24, tests_of_a_task = 2;

  void SetUp() override {
    PlannedSweep::SetUp();
    experiment_->expect_workers(1);
    baselines_ = plan_.baselines.size();
    ASSERT_EQ(baselines_, 16u);  // zero-shot and few-shot
  }
  void finish_all_searches() {
    double nll = 1;
    while (const auto round = next<EvaluateWork>({.members = 1, .predictions = 1})) answer(*round, nll += 0.01);
    // The last unit was one prediction of a baseline.
  }
  using Adapters = std::vector<std::int32_t>;
  using Answer = std::tuple<Adapters, std::vector<double>, std::int32_t>;
  static std::size_t examples_of(const PredictWork& work) {
    std::size_t count = 0;
    for (const PredictMember& member : work.members) count += member.examples.size();
    return count;
  }

  std::size_t baselines_ = 0;
};

TEST_F(PredictionUnits, HoldSeveralSearchesAndEveryAnswerOnce) {
  finish_all_searches();
  std::multiset<Answer> answers;
  std::size_t mixed = 0;
  while (const auto unit = next<PredictWork>({.members = 7, .predictions = 11})) {
    EXPECT_LE(unit->work.members.size(), 7u);
    EXPECT_LE(examples_of(unit->work), 11u);
    EXPECT_EQ(unit->work.max_new_tokens, config_.predict.max_new_tokens);
    std::set<std::pair<Adapters, std::vector<double>>> models;
    for (const PredictMember& member : unit->work.members) {
      if (!member.adapters.empty()) models.emplace(member.adapters, member.weights);
      for (const std::int32_t example : member.examples) answers.emplace(member.adapters, member.weights, example);
    }
    mixed += models.size() > 1;
    answer(*unit);
  }
  EXPECT_EQ(answers.size(), (searches + baselines_) * tests_of_a_task - 1);
  EXPECT_EQ(std::set<Answer>(answers.begin(), answers.end()).size(), answers.size());
  EXPECT_GE(mixed, 4u);
  EXPECT_EQ(experiment_->progress().predictions_done, answers.size());
  EXPECT_FALSE(experiment_->finished());  // the one that is still out
}

TEST_F(PredictionUnits, AreOfOneModelWhereAWorkerTakesOneMember) {
  finish_all_searches();
  std::size_t units = 0;
  for (; const auto unit = next<PredictWork>({.members = 1, .predictions = 32}); ++units)
    EXPECT_EQ(unit->work.members.size(), 1u);
  EXPECT_EQ(units, searches + baselines_);
}

TEST_F(PredictionUnits, AreSharedOutWhenNoMoreWillCome) {
  finish_all_searches();
  experiment_->expect_workers(4);
  const std::size_t wanted = (searches + baselines_) * tests_of_a_task - 1;
  const auto unit = next<PredictWork>({.members = 64, .predictions = 4096});
  ASSERT_TRUE(unit.has_value());
  EXPECT_EQ(examples_of(unit->work), (wanted + 3) / 4);
}

TEST_F(PredictionUnits, ThatKillWorkersCostTheSearchThatDidItAndNoOther) {
  finish_all_searches();
  const auto poisoned = next<PredictWork>({.members = 5, .predictions = 100});
  ASSERT_TRUE(poisoned.has_value());
  ASSERT_EQ(poisoned->work.members.size(), 5u);
  experiment_->abandon(poisoned->unit, "it was out with three workers that died");
  for (std::size_t m = 0; m < 5; ++m) {  // each again, alone, and before anything else
    const auto alone = next<PredictWork>({.members = 5, .predictions = 100});
    ASSERT_TRUE(alone.has_value());
    ASSERT_THAT(alone->work.members, testing::SizeIs(1));
    EXPECT_EQ(alone->work.members[0], poisoned->work.members[m]);
    if (m == 3)
      experiment_->abandon(alone->unit, "it was out with three workers that died");
    else
      answer(*alone);
  }
  EXPECT_EQ(experiment_->failed(), 1u);
  while (const auto unit = next<PredictWork>({.members = 5, .predictions = 100})) answer(*unit);
  const ProgressState state = experiment_->progress();
  EXPECT_EQ(state.predictions_done, state.predictions_total - 1 - tests_of_a_task);
}

}  // namespace
}  // namespace lorasweep
