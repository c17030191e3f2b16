// SPDX-License-Identifier: Apache-2.0
// In which order work goes out, and what it costs. Cohorts and shares of answers: cohorts_test, prediction_units_test.
#include "pipeline/run/work_list.h"

#include "tests/pipeline/run/planned_sweep.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace lorasweep {
namespace {

class WorkOfASweep : public PlannedSweep {
 protected:
  static constexpr WorkerCapacity one_at_a_time{.members = 1, .predictions = 1};

  void SetUp() override {
    PlannedSweep::SetUp();
    other_journal_.emplace(JournalWriter::create(folder / "other"));
    ledger_.emplace(plan_, manifest_, *other_journal_);
    costs_.emplace(plan_);
    work_.emplace(*costs_, *ledger_);
  }
  std::optional<CandidateTask> next_candidate() {
    const auto members = work_->next(one_at_a_time);
    if (!members || !std::holds_alternative<std::vector<CandidateTask>>(*members)) return std::nullopt;
    return std::get<std::vector<CandidateTask>>(*members).at(0);
  }
  void evaluate(const CandidateTask& task, double nll) {
    const PlannedTask& planned = plan_.tasks[plan_.searches[task.search].task];
    const std::size_t shots = plan_.catalogue.example_sets[planned.example_set].size();
    ledger_->record({ledger_->evaluation(task.search, task.step, std::vector<double>(shots, nll), {})});
  }

  std::optional<JournalWriter> other_journal_;
  std::optional<Ledger> ledger_;
  std::optional<Costs> costs_;
  std::optional<WorkList> work_;
};

TEST_F(WorkOfASweep, CostsTheTokensThatItReads) {
  const PlannedTask& task = plan_.tasks[plan_.searches[7].task];
  std::size_t tokens = 0;
  for (const std::int32_t shot : plan_.catalogue.example_sets[task.example_set])
    tokens += plan_.catalogue.examples[shot].source.size() + plan_.catalogue.examples[shot].target.size();
  EXPECT_EQ(costs_->evaluation(7), static_cast<double>(tokens));
  const std::int32_t shorter = task.test[0], longer = task.few_shot[0];
  EXPECT_EQ(costs_->answer(longer) - costs_->answer(shorter),
            static_cast<double>(plan_.catalogue.examples[longer].source.size()) -
                static_cast<double>(plan_.catalogue.examples[shorter].source.size()));
  EXPECT_GT(costs_->answer(shorter), static_cast<double>(plan_.catalogue.examples[shorter].source.size()))
      << "decoding costs, too";
}

TEST_F(WorkOfASweep, BeginsWithTheDearestSearch) {
  double dearest = 0;
  for (std::size_t s = 0; s < plan_.searches.size(); ++s) dearest = std::max(dearest, costs_->evaluation(s));
  const auto first = next_candidate();
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(costs_->evaluation(first->search), dearest);
}

TEST_F(WorkOfASweep, GoesOnWithTheSearchThatHasMostLeftToDo) {
  const auto remaining = [&](std::size_t s) {
    return static_cast<double>(ledger_->left_to_evaluate(s)) * costs_->evaluation(s);
  };
  for (int i = 0; i < 24 * 3; ++i) {
    double most = 0;
    for (std::size_t s = 0; s < plan_.searches.size(); ++s) most = std::max(most, remaining(s));
    const auto task = next_candidate();
    ASSERT_TRUE(task.has_value()) << i;
    EXPECT_EQ(remaining(task->search), most) << i;
    evaluate(*task, 1.0);
  }
  EXPECT_FALSE(next_candidate().has_value()) << "every search has used its budget";
}

TEST_F(WorkOfASweep, FillsUpWithBaselinesWhileSearchesWait) {
  for (std::size_t s = 0; s < plan_.searches.size(); ++s)
    ASSERT_TRUE(next_candidate().has_value()) << "cobyla asks for one at a time: " << s;
  const auto members = work_->next(one_at_a_time);
  ASSERT_TRUE(members.has_value());
  const auto& tasks = std::get<std::vector<AnswerTask>>(*members);
  ASSERT_THAT(tasks, testing::SizeIs(1));
  EXPECT_NE(ledger_->answers()[tasks[0].answers].of(), Subject::search);
  EXPECT_THAT(tasks[0].examples, testing::SizeIs(1));
}

TEST_F(WorkOfASweep, HandsOutOneUnitOfEveryUnknownKindOfAnswersEarlyIfItIsToldTo) {
  work_->measure_early([](Subject of) { return of == Subject::few_shot; });
  const auto first = work_->next({.members = 8, .predictions = 1});
  ASSERT_TRUE(first.has_value());
  const auto& tasks = std::get<std::vector<AnswerTask>>(*first);
  ASSERT_THAT(tasks, testing::SizeIs(1));
  EXPECT_EQ(ledger_->answers()[tasks[0].answers].of(), Subject::zero_shot);
  EXPECT_THAT(tasks[0].examples, testing::SizeIs(1));
  EXPECT_TRUE(next_candidate().has_value()) << "few-shot ones are known already, and one unit is enough";
  // Searches may end long before the last one does: the first answers of what they found go out then.
  const auto found = next_candidate();
  ASSERT_TRUE(found.has_value());
  for (CandidateTask step = *found; step.step < 3; ++step.step) {
    if (step.step > 0) ASSERT_TRUE(ledger_->search(step.search).take().has_value());
    evaluate(step, 1.0);
  }
  const auto next = work_->next(one_at_a_time);
  ASSERT_TRUE(next.has_value());
  ASSERT_TRUE(std::holds_alternative<std::vector<AnswerTask>>(*next));
  EXPECT_EQ(ledger_->answers()[std::get<std::vector<AnswerTask>>(*next)[0].answers].of(), Subject::search);
  EXPECT_TRUE(next_candidate().has_value());
}

TEST_F(WorkOfASweep, HandsOutMembersOfAFailedUnitAloneAndFirst) {
  const auto first = next_candidate(), second = next_candidate();
  ASSERT_TRUE(first && second);
  work_->try_alone(std::vector{*first, *second});
  EXPECT_TRUE(work_->has_members_to_try_alone());
  const auto members = work_->next({.members = 8, .predictions = 8});
  ASSERT_TRUE(members.has_value());
  const auto& alone = std::get<std::vector<CandidateTask>>(*members);
  ASSERT_THAT(alone, testing::SizeIs(1));
  EXPECT_EQ(alone[0].search, first->search);
  EXPECT_EQ(alone[0].step, first->step);

  ledger_->give_up(Subject::search, second->search, "it failed");
  const auto after = next_candidate();
  ASSERT_TRUE(after.has_value());
  EXPECT_NE(after->search, second->search) << "nobody waits for it any more";
  EXPECT_FALSE(work_->has_members_to_try_alone());
}

}  // namespace
}  // namespace lorasweep
