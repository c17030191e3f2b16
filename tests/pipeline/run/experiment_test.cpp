// SPDX-License-Identifier: Apache-2.0
// What the sweep asks of workers, and what becomes of their reports. In which order and how much at a time:
// work_list_test, cohorts_test, prediction_units_test; what is known then: ledger_test.
#include "pipeline/run/experiment.h"

#include "data/core/error.h"
#include "tests/pipeline/run/planned_sweep.h"

#include <algorithm>
#include <set>

namespace lorasweep {
namespace {

class ExperimentOfASweep : public PlannedSweep {
 protected:
  static constexpr WorkerCapacity one_at_a_time{.members = 1, .predictions = 1};

  std::vector<Record> journal() const { return read_journal(folder / "journal").records; }
  template <typename Kind>
  std::vector<Kind> recorded() const {
    std::vector<Kind> found;
    for (const Record& record : journal())
      if (const auto* one = std::get_if<Kind>(&record)) found.push_back(*one);
    return found;
  }
  std::vector<std::vector<double>> losses(const EvaluateWork& work, double nll) const {
    std::vector<std::vector<double>> all;
    for (const Member& member : work.members)
      all.emplace_back(plan_.catalogue.example_sets[member.example_set].size(), nll);
    return all;
  }
  // Everything that is asked for, answered, from here to the end.
  void finish() {
    double nll = 1;
    for (bool any = true; any;) {
      any = false;
      while (const auto unit = experiment_->next(one_at_a_time)) {
        any = true;
        if (const auto* work = std::get_if<EvaluateWork>(&unit->work))
          answer({unit->id, *work}, nll += 0.01);
        else
          answer({unit->id, std::get<PredictWork>(unit->work)});
      }
    }
  }
};

TEST_F(ExperimentOfASweep, AsksForTheFirstPointOfSearchesOnTheirOwnShotsAndAdapters) {
  const auto unit = experiment_->next({.members = 4, .predictions = 4});
  ASSERT_TRUE(unit.has_value());
  const auto& members = std::get<EvaluateWork>(unit->work).members;
  ASSERT_THAT(members, testing::SizeIs(4));
  const Costs costs(plan_);
  double cost = 0;
  std::set<std::size_t> asked;
  for (const Member& member : members) {
    EXPECT_EQ(member.weights, std::vector<double>(3, 0.0)) << "every search begins with the base model";
    const auto search = std::ranges::find_if(plan_.searches, [&](const PlannedSearch& planned) {
      return plan_.adapter_sets[planned.adapter_set] == member.adapters &&
             plan_.tasks[planned.task].example_set == member.example_set &&
             !asked.contains(&planned - plan_.searches.data());
    });
    ASSERT_NE(search, plan_.searches.end());
    asked.insert(search - plan_.searches.begin());
    cost += costs.evaluation(search - plan_.searches.begin());
  }
  EXPECT_DOUBLE_EQ(unit->cost, cost);
}

TEST_F(ExperimentOfASweep, GivesEveryUnitANumberOfItsOwn) {
  std::set<UnitId> numbers;
  for (int i = 0; i < 24; ++i) {
    const auto unit = next<EvaluateWork>(one_at_a_time);
    ASSERT_TRUE(unit.has_value());
    EXPECT_TRUE(numbers.insert(unit->unit).second);
    if (i % 3 == 0) experiment_->abandon(unit->unit, "it failed");
    if (i % 3 == 1) answer(*unit, 1.0);
  }
}

TEST_F(ExperimentOfASweep, MakesEvaluationsDurableWithWhoComputedThemAndTheirShareOfTheTime) {
  const auto unit = next<EvaluateWork>({.members = 4, .predictions = 4});
  ASSERT_TRUE(unit.has_value());
  auto nll = losses(unit->work, 1.5);
  nll[2].back() = 7.25;
  experiment_->complete(
      {{.worker = 6,
        .report = {.unit = unit->unit, .attempt = 2, .seconds = 8, .outcome = EvaluateResult{.nll = nll}}}});
  const auto records = recorded<EvaluationRecord>();
  ASSERT_THAT(records, testing::SizeIs(4));
  for (std::size_t i = 0; i < 4; ++i) {
    const PlannedSearch& search = plan_.searches[records[i].search];
    EXPECT_EQ(plan_.adapter_sets[search.adapter_set], unit->work.members[i].adapters);
    EXPECT_EQ(plan_.tasks[search.task].example_set, unit->work.members[i].example_set);
    EXPECT_EQ(records[i].step, 0u);
    EXPECT_EQ(records[i].nll, nll[i]);
    EXPECT_EQ(records[i].worker, 6);
    EXPECT_EQ(records[i].attempt, 2u);
    EXPECT_EQ(records[i].seconds, 2.0) << "8 seconds of a unit of four";
  }
  EXPECT_EQ(experiment_->progress().evaluations_done, 4u);
}

TEST_F(ExperimentOfASweep, MakesReportsThatArriveTogetherDurableInTheOrderOfArrival) {
  const auto first = next<EvaluateWork>(one_at_a_time), second = next<EvaluateWork>(one_at_a_time);
  ASSERT_TRUE(first && second);
  const auto report = [&](const auto& unit, WorkerId worker) {
    return WorkerReported{.worker = worker,
                          .report = {.unit = unit.unit, .outcome = EvaluateResult{.nll = losses(unit.work, 1)}}};
  };
  experiment_->complete({report(*second, 4), report(*first, 5)});
  const auto records = recorded<EvaluationRecord>();
  ASSERT_THAT(records, testing::SizeIs(2));
  EXPECT_EQ(records[0].worker, 4);
  EXPECT_EQ(records[1].worker, 5);
}

TEST_F(ExperimentOfASweep, RecordsAnAnswerAsTokensAndAsText) {
  // Searches have nothing to ask until their first evaluations are back: baselines go out, the first with the last
  // look.
  while (next<EvaluateWork>({.members = 64, .predictions = 2})) continue;
  const auto unit = next<PredictWork>({.members = 1, .predictions = 2});
  ASSERT_TRUE(unit.has_value());
  ASSERT_THAT(unit->work.members, testing::SizeIs(1));
  const PredictMember& member = unit->work.members[0];
  ASSERT_THAT(member.examples, testing::SizeIs(2));
  EXPECT_THAT(member.adapters, testing::IsEmpty());
  EXPECT_THAT(member.weights, testing::IsEmpty());
  EXPECT_EQ(unit->work.max_new_tokens, config_.predict.max_new_tokens);

  const std::vector<std::string> texts = {"yes", "two words"};
  PredictResult result{.tokens = {{inputs_->tokenizer->encode(texts[0]), inputs_->tokenizer->encode(texts[1])}}};
  experiment_->complete({{.worker = 2, .report = {.unit = unit->unit, .attempt = 1, .seconds = 3, .outcome = result}}});
  const auto records = recorded<PredictionRecord>();
  ASSERT_THAT(records, testing::SizeIs(2));
  for (std::size_t i = 0; i < 2; ++i) {
    const PlannedTask& task = plan_.tasks[records[i].index];
    const auto& asked = records[i].of == Subject::zero_shot ? task.test : task.few_shot;
    EXPECT_NE(records[i].of, Subject::search);
    EXPECT_EQ(asked[records[i].example], member.examples[i]);
    EXPECT_EQ(records[i].tokens, result.tokens[0][i]);
    EXPECT_EQ(records[i].text, texts[i]);
    EXPECT_EQ(records[i].worker, 2);
    EXPECT_EQ(records[i].attempt, 1u);
    EXPECT_EQ(records[i].seconds, 1.5) << "3 seconds of two answers";
  }
  EXPECT_EQ(experiment_->progress().predictions_done, 2u);
}

TEST_F(ExperimentOfASweep, RefusesAReportThatAnswersForMoreOrLessThanItWasAskedAndRecordsNothing) {
  const auto evaluation = next<EvaluateWork>({.members = 2, .predictions = 2});
  ASSERT_TRUE(evaluation.has_value());
  auto too_many = losses(evaluation->work, 1);
  too_many.push_back(too_many.back());
  EXPECT_THROW(complete(evaluation->unit, EvaluateResult{.nll = too_many}), InternalError);

  while (next<EvaluateWork>({.members = 64, .predictions = 2})) continue;
  const auto sets = next<PredictWork>({.members = 1, .predictions = 2});
  const auto answers = next<PredictWork>({.members = 1, .predictions = 2});
  ASSERT_TRUE(sets && answers);
  EXPECT_THROW(complete(sets->unit, PredictResult{}), InternalError) << "no set of answers";
  EXPECT_THROW(complete(answers->unit, PredictResult{.tokens = {{{1}}}}), InternalError) << "one answer of two";
  EXPECT_THAT(journal(), testing::IsEmpty());
}

TEST_F(ExperimentOfASweep, CountsTheWorkThatIsLeftAndWhatItTook) {
  experiment_->expect_workers(3);
  const Costs costs(plan_);
  double all = 0, longest = 0;
  for (std::size_t s = 0; s < plan_.searches.size(); ++s) {
    all += 3 * costs.evaluation(s);
    longest = std::max(longest, 3 * costs.evaluation(s));
  }
  const WorkLeft before = experiment_->work_left();
  EXPECT_EQ(before.workers, 3);
  EXPECT_DOUBLE_EQ(before.evaluations.left, all);
  EXPECT_DOUBLE_EQ(before.longest_chain, longest) << "cobyla asks for one after the other";
  EXPECT_EQ(before.evaluations.done, 0);
  const auto unit = experiment_->next({.members = 4, .predictions = 4});
  ASSERT_TRUE(unit.has_value());
  const auto& work = std::get<EvaluateWork>(unit->work);
  experiment_->complete(
      {{.worker = 1,
        .report = {
            .unit = unit->id, .attempt = 0, .seconds = 8, .outcome = EvaluateResult{.nll = losses(work, 1.0)}}}});
  const WorkLeft after = experiment_->work_left();
  EXPECT_DOUBLE_EQ(after.evaluations.left, all - unit->cost);
  EXPECT_DOUBLE_EQ(after.evaluations.done, unit->cost);
  EXPECT_DOUBLE_EQ(after.evaluations.seconds, 8);

  JournalWriter other = JournalWriter::create(folder / "other");
  Experiment continued(plan_, manifest_, *inputs_->tokenizer, other);
  continued.replay(journal(), "other");
  EXPECT_DOUBLE_EQ(continued.work_left().evaluations.left, after.evaluations.left);
  const KindOfWork known = continued.work_left().evaluations;
  EXPECT_DOUBLE_EQ(known.seconds / known.done, 8 / unit->cost) << "what earlier processes took is known";
  EXPECT_LT(known.seconds, 1e-6) << "but not how busy this one's workers are";
}

TEST_F(ExperimentOfASweep, RefusesUnitsThatAreNotOut) {
  const auto unit = next<EvaluateWork>(one_at_a_time);
  ASSERT_TRUE(unit.has_value());
  answer(*unit, 1.0);
  EXPECT_THROW(answer(*unit, 1.0), InternalError) << "a second time";
  EXPECT_THROW(experiment_->abandon(unit->unit, "it failed"), InternalError);
  EXPECT_THROW(experiment_->abandon(unit->unit + 1000, "it failed"), InternalError);
  EXPECT_THAT(recorded<EvaluationRecord>(), testing::SizeIs(1));
  EXPECT_EQ(experiment_->failed(), 0u);
}

TEST_F(ExperimentOfASweep, TriesTheCandidatesOfAnAbandonedUnitAloneBeforeItGivesUpASearch) {
  const auto unit = next<EvaluateWork>({.members = 2, .predictions = 2});
  ASSERT_TRUE(unit.has_value());
  ASSERT_THAT(unit->work.members, testing::SizeIs(2));
  experiment_->abandon(unit->unit, "three workers died of it");
  EXPECT_EQ(experiment_->failed(), 0u);
  EXPECT_THAT(journal(), testing::IsEmpty());

  const auto first = next<EvaluateWork>({.members = 8, .predictions = 8});
  const auto second = next<EvaluateWork>({.members = 8, .predictions = 8});
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->work.members, std::vector{unit->work.members[0]});
  EXPECT_EQ(second->work.members, std::vector{unit->work.members[1]});
  experiment_->abandon(first->unit, "it still died");
  answer(*second, 1.0);

  EXPECT_EQ(experiment_->failed(), 1u);
  const auto failures = recorded<FailureRecord>();
  ASSERT_THAT(failures, testing::SizeIs(1));
  EXPECT_EQ(failures[0].of, Subject::search);
  EXPECT_EQ(failures[0].reason, "it still died");
  EXPECT_EQ(plan_.adapter_sets[plan_.searches[failures[0].index].adapter_set], unit->work.members[0].adapters);
  finish();
  EXPECT_TRUE(experiment_->finished()) << "the others go on to their end";
  EXPECT_EQ(experiment_->failed(), 1u);
}

TEST_F(ExperimentOfASweep, IsFinishedOnceEverythingIsAnsweredAndNothingIsOut) {
  const auto out = next<EvaluateWork>(one_at_a_time);
  ASSERT_TRUE(out.has_value());
  finish();
  EXPECT_FALSE(experiment_->finished()) << "one evaluation is still out";
  answer(*out, 1.0);
  finish();
  EXPECT_TRUE(experiment_->finished());
  EXPECT_FALSE(experiment_->next(one_at_a_time).has_value());
  const ProgressState state = experiment_->progress();
  EXPECT_EQ(state.evaluations_done, state.evaluations_total);
  EXPECT_EQ(state.evaluations_total, 24u * 3);
  EXPECT_EQ(state.predictions_done, state.predictions_total);
  EXPECT_EQ(state.predictions_total, (24u + 16) * 2);
}

TEST_F(ExperimentOfASweep, IsNotFinishedWhileAUnitOfSomethingGivenUpIsOut) {
  while (next<EvaluateWork>(one_at_a_time)) continue;  // the last one was the first answer of a baseline
  const auto second = next<PredictWork>(one_at_a_time);
  ASSERT_TRUE(second.has_value());
  const auto& baseline = plan_.tasks[0];
  ASSERT_EQ(second->work.members[0].examples, std::vector{baseline.test[1]});
  const UnitId first = second->unit - 1;
  for (UnitId unit = 1; unit < first; ++unit) experiment_->abandon(unit, "it failed");  // all searches
  while (const auto unit = next<PredictWork>(one_at_a_time)) answer(*unit);
  experiment_->abandon(first, "it failed, too");
  EXPECT_FALSE(experiment_->finished()) << "the other answer of that baseline is still out";
  answer(*second);
  EXPECT_TRUE(experiment_->finished());
}

TEST_F(ExperimentOfASweep, GoesOnFromItsJournalWithTheWorkThatWasNextOrOut) {
  for (double nll = 1; nll < 1.3; nll += 0.01) {
    const auto unit = next<EvaluateWork>(one_at_a_time);
    ASSERT_TRUE(unit.has_value());
    answer(*unit, nll);
  }
  const std::vector<Record> so_far = journal();
  const auto out = next<EvaluateWork>(one_at_a_time);  // its process dies
  ASSERT_TRUE(out.has_value());

  JournalWriter other = JournalWriter::create(folder / "other");
  Experiment continued(plan_, manifest_, *inputs_->tokenizer, other);
  continued.replay(so_far, "other");
  EXPECT_EQ(continued.progress().evaluations_done, so_far.size());
  const auto unit = continued.next(one_at_a_time);
  ASSERT_TRUE(unit.has_value());
  EXPECT_EQ(std::get<EvaluateWork>(unit->work), out->work);
}

}  // namespace
}  // namespace lorasweep
