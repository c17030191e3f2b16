// SPDX-License-Identifier: Apache-2.0
// What is recorded and when it counts: results of this process, records of an earlier one, and what is given up.
#include "pipeline/run/ledger.h"

#include "data/core/error.h"
#include "tests/pipeline/run/planned_sweep.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

namespace lorasweep {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

class LedgerOfASweep : public PlannedSweep {
 protected:
  void SetUp() override {
    PlannedSweep::SetUp();
    other_journal_.emplace(JournalWriter::create(folder / "other"));
    ledger_.emplace(plan_, manifest_, *other_journal_);
  }
  std::size_t shots_of(std::uint32_t search) const {
    return plan_.catalogue.example_sets[plan_.tasks[plan_.searches[search].task].example_set].size();
  }
  void evaluate(std::uint32_t search, double nll) {
    const auto step = ledger_->search(search).take();
    ASSERT_TRUE(step.has_value());
    ledger_->record({ledger_->evaluation(search, static_cast<std::uint32_t>(*step),
                                         std::vector<double>(shots_of(search), nll), {.worker = 3})});
  }
  void finish_search(std::uint32_t search, double nll) {
    for (int step = 0; step < config_.search.budget; ++step) evaluate(search, nll);
  }
  std::vector<Record> journal() const { return read_journal(folder / "other").records; }

  std::optional<JournalWriter> other_journal_;
  std::optional<Ledger> ledger_;
};

TEST_F(LedgerOfASweep, MakesAResultDurableWithEverythingThatItDependsOn) {
  evaluate(5, 2.5);
  ASSERT_EQ(journal().size(), 1u);
  const auto record = std::get<EvaluationRecord>(journal()[0]);
  EXPECT_EQ(record.search, 5u);
  EXPECT_EQ(record.step, 0u);
  EXPECT_EQ(record.weights, (std::vector<double>(3, 0.0)));
  EXPECT_EQ(record.nll, std::vector<double>(shots_of(5), 2.5));
  double tokens = 0;  // of the targets; lorahub's loss: nll by token, by shot
  for (const std::int32_t count : manifest_.tasks[plan_.searches[5].task].shot_tokens) tokens += count;
  const auto shots = static_cast<double>(shots_of(5));
  EXPECT_DOUBLE_EQ(record.loss, 2.5 * shots / tokens / shots);
  EXPECT_EQ(record.objective(), record.loss) << "no weights, no regularizer";
  EXPECT_EQ(record.key, EvalKeys(manifest_).key(plan_.searches[5].example_set,
                                                plan_.adapter_sets[plan_.searches[5].adapter_set], record.weights));
  EXPECT_EQ(record.worker, 3);
  EXPECT_EQ(ledger_->search(5).best()->objective, record.objective());
}

TEST_F(LedgerOfASweep, LetsASearchsAnswersBeAskedForOnceItsBestIsKnown) {
  for (int step = 0; step < config_.search.budget; ++step) {
    EXPECT_FALSE(ledger_->answers()[0].ready());
    evaluate(0, 1.0);
  }
  EXPECT_TRUE(ledger_->answers()[0].ready());
  EXPECT_FALSE(ledger_->answers()[1].ready()) << "another search";
}

TEST_F(LedgerOfASweep, IsRebuiltFromItsRecords) {
  finish_search(0, 1.0);
  evaluate(1, nan);
  ASSERT_EQ(ledger_->answers()[0].take(1).size(), 1u);
  ledger_->record({PredictionRecord{.of = Subject::search, .index = 0, .example = 0, .tokens = {1}, .text = "yes"}});
  ledger_->give_up(Subject::few_shot, 2, "it failed");

  Ledger again(plan_, manifest_, *journal_);
  again.replay(journal(), "other");
  const ProgressState was = ledger_->progress(), is = again.progress();
  EXPECT_EQ(is.evaluations_done, static_cast<std::uint64_t>(config_.search.budget) + 1);
  EXPECT_EQ(is.evaluations_done, was.evaluations_done);
  EXPECT_EQ(is.predictions_done, 1u);
  EXPECT_EQ(is.best_objective, was.best_objective);
  EXPECT_EQ(again.failed(), 1u);
  EXPECT_TRUE(again.answers()[0].ready());
  EXPECT_EQ(again.search(1).weights(0), ledger_->search(1).weights(0));
  EXPECT_THAT(read_journal(folder / "journal").records, testing::IsEmpty()) << "what is replayed is not written again";
}

TEST_F(LedgerOfASweep, RefusesRecordsOfAnotherPlan) {
  evaluate(0, 1.0);
  const auto good = std::get<EvaluationRecord>(journal()[0]);
  const auto refused = [&](const Record& record) {
    Ledger again(plan_, manifest_, *journal_);
    try {
      again.replay({&record, 1}, "place");
    } catch (const InputError& error) {
      return error.where() == "place";
    }
    return false;
  };
  EvaluationRecord other = good;
  other.search = 99;
  EXPECT_TRUE(refused(other)) << "a search that is not there";
  other = good;
  other.step = 2;
  EXPECT_TRUE(refused(other)) << "a step before its time";
  other = good;
  other.weights[0] = 0.25;
  EXPECT_TRUE(refused(other)) << "weights that the optimizer does not ask for";
  EXPECT_TRUE(refused(PredictionRecord{.of = Subject::search, .index = 0, .example = 2})) << "no such test example";
  EXPECT_TRUE(refused(PredictionRecord{.of = Subject::zero_shot, .index = 8})) << "no such task";
  EXPECT_TRUE(refused(FailureRecord{.of = Subject::search, .index = 24, .reason = "x"})) << "no such search";
  EXPECT_FALSE(refused(good));
}

TEST_F(LedgerOfASweep, RefusesResultsThatNobodyAskedFor) {
  const auto step = ledger_->search(0).take();
  ASSERT_TRUE(step.has_value());
  const EvaluationRecord result = ledger_->evaluation(0, 0, std::vector<double>(shots_of(0), 1.0), {});
  ledger_->record({result});
  EXPECT_THROW(ledger_->record({result}), InternalError) << "twice";
  EXPECT_THROW(ledger_->record({PredictionRecord{.of = Subject::zero_shot, .index = 0, .example = 5}}), InternalError);
}

TEST_F(LedgerOfASweep, RecordsALossThatIsNotFiniteAndNeverTakesItForAnAnswer) {
  evaluate(0, nan);
  evaluate(0, 3.0);
  evaluate(0, std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(std::get<EvaluationRecord>(journal()[0]).loss));
  EXPECT_EQ(ledger_->search(0).best()->step, 1u);
  EXPECT_TRUE(ledger_->answers()[0].ready());
  EXPECT_EQ(ledger_->failed(), 0u);
}

TEST_F(LedgerOfASweep, GivesUpASearchThatFoundNothingFinite) {
  finish_search(4, nan);
  EXPECT_EQ(ledger_->failed(), 1u);
  EXPECT_TRUE(ledger_->answers()[4].given_up());
  EXPECT_FALSE(ledger_->answers()[4].ready());
  const auto failure = std::get<FailureRecord>(journal().back());
  EXPECT_EQ(failure.of, Subject::search);
  EXPECT_EQ(failure.index, 4u);
  evaluate(5, 1.0);
  EXPECT_TRUE(std::holds_alternative<EvaluationRecord>(journal().back())) << "said once";
}

TEST_F(LedgerOfASweep, GivesUpOnceAndAsksForNoMoreOfIt) {
  evaluate(3, 1.0);
  ledger_->give_up(Subject::search, 3, "it was out with three workers that died");
  ledger_->give_up(Subject::search, 3, "again");
  EXPECT_EQ(ledger_->failed(), 1u);
  EXPECT_EQ(journal().size(), 2u);
  EXPECT_EQ(ledger_->left_to_evaluate(3), 0u);
  EXPECT_EQ(ledger_->left_to_evaluate(2), static_cast<std::size_t>(config_.search.budget));
  EXPECT_THROW(ledger_->give_up(Subject::zero_shot, 8, "no such task"), InternalError);
}

TEST_F(LedgerOfASweep, IsFinishedWhenEverythingIsAnsweredOrGivenUp) {
  for (const Answers& answers : ledger_->answers()) {
    EXPECT_FALSE(ledger_->finished());
    ledger_->give_up(answers.of(), answers.index(), "no time");
  }
  EXPECT_TRUE(ledger_->finished());
  EXPECT_EQ(ledger_->failed(), plan_.searches.size() + plan_.baselines.size());
}

}  // namespace
}  // namespace lorasweep
