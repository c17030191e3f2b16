// SPDX-License-Identifier: Apache-2.0
// Trials as work: in which order and in what company they go out, what searches wait for, and what becomes of failures.
#include "pipeline/run/trials.h"

#include "data/core/error.h"
#include "tests/pipeline/run/planned_sweep.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace lorasweep {
namespace {

constexpr WorkerCapacity several{.members = 6, .predictions = 6};

// 31 adapters alone on each of 8 tasks, then 3 searches a task over the best 3, 4 evaluations each.
class TrialsOfASweep : public PlannedSweep {
 protected:
  std::vector<std::string> more_flags() const override {
    return {"adapters.select=screened", "search.budget=35", "search.method=cma",
            "predict.baselines=uniform,best-single", "predict.ablate=true"};
  }
  std::vector<Record> journal() const { return read_journal(folder / "journal").records; }
  std::size_t shots(const Member& member) const { return plan_.catalogue.example_sets[member.example_set].size(); }
  // The higher the adapter's place, the better; the same for searches.
  void answer_by_place(const Issued<EvaluateWork>& issued) {
    EvaluateResult result;
    for (const Member& member : issued.work.members)
      result.nll.push_back(std::vector<double>(shots(member), 100.0 - member.adapters.front()));
    complete(issued.unit, result);
  }
  // All that is left, and how many members of each size were evaluated.
  std::map<std::size_t, int> finish() {
    std::map<std::size_t, int> evaluated;
    while (auto unit = experiment_->next(several)) {
      if (const auto* work = std::get_if<EvaluateWork>(&unit->work)) {
        for (const Member& member : work->members) ++evaluated[member.adapters.size()];
        answer_by_place({unit->id, *work});
      } else {
        answer(Issued<PredictWork>{unit->id, std::get<PredictWork>(unit->work)});
      }
    }
    return evaluated;
  }
  std::vector<TrialRecord> failed() const {
    std::vector<TrialRecord> found;
    for (const Record& record : journal())
      if (const auto* trial = std::get_if<TrialRecord>(&record); trial != nullptr && !trial->failure.empty())
        found.push_back(*trial);
    return found;
  }
};

TEST_F(TrialsOfASweep, GoOutFirstAndManyInAUnit) {
  std::set<std::pair<std::int32_t, std::int32_t>> tried;
  for (std::size_t left = 8 * 31; left > 0;) {
    const auto unit = next<EvaluateWork>(several);
    ASSERT_TRUE(unit.has_value());
    EXPECT_EQ(unit->work.members.size(), std::min<std::size_t>(left, 6));
    for (const Member& member : unit->work.members) {
      ASSERT_EQ(member.adapters.size(), 1u);
      EXPECT_EQ(member.weights, std::vector<double>{1.0});
      EXPECT_TRUE(tried.emplace(member.example_set, member.adapters[0]).second);
    }
    left -= unit->work.members.size();
  }
  EXPECT_FALSE(experiment_->next(several).has_value()) << "everything else waits for a screen";
}

TEST_F(TrialsOfASweep, AreSharedByAllWorkersAtTheirEnd) {
  experiment_->expect_workers(100);
  const auto unit = next<EvaluateWork>(several);
  ASSERT_TRUE(unit.has_value());
  EXPECT_EQ(unit->work.members.size(), 3u) << "248 for 100 workers";
}

TEST_F(TrialsOfASweep, LetASearchBeginOnceItsOwnScreenIsComplete) {
  std::vector<Issued<EvaluateWork>> of_others;
  for (int unit = 0; unit < (8 * 31 + 5) / 6; ++unit) {
    auto issued = next<EvaluateWork>(several);
    ASSERT_TRUE(issued.has_value());
    if (std::ranges::all_of(issued->work.members, [](const Member& m) { return m.example_set > 0; }))
      of_others.push_back(*issued);
    else
      answer_by_place(*issued);
  }
  const auto candidates = next<EvaluateWork>(several);
  ASSERT_TRUE(candidates.has_value());
  for (const Member& member : candidates->work.members) {
    EXPECT_EQ(member.example_set, 0);
    EXPECT_THAT(member.adapters, testing::ElementsAre(30, 29, 28));
  }
  answer_by_place(*candidates);
  for (const auto& unit : of_others) answer_by_place(unit);
  finish();
  EXPECT_TRUE(experiment_->finished());
}

TEST_F(TrialsOfASweep, AreAllDoneWhenTheSweepIs) {
  const std::map<std::size_t, int> evaluated = finish();
  EXPECT_TRUE(experiment_->finished());
  EXPECT_EQ(experiment_->failed(), 0u);
  EXPECT_EQ(evaluated.at(1), 8 * 31);
  EXPECT_EQ(evaluated.at(3), 24 * 4 + 24) << "candidates, and all three at equal weights";
  EXPECT_EQ(evaluated.at(2), 24 * 3) << "without each of three";
  const ProgressState progress = experiment_->progress();
  EXPECT_EQ(progress.evaluations_done, 8u * 31 + 24 * 4 + 24 + 24 * 3);
  EXPECT_EQ(progress.evaluations_total, progress.evaluations_done);
  EXPECT_EQ(progress.predictions_total, 24u * 3 * 2) << "two examples for search, uniform and best single";
}

TEST_F(TrialsOfASweep, ThatFailAloneAreRecordedAsNotFiniteAndTheSweepGoesOn) {
  const auto unit = next<EvaluateWork>(several);
  ASSERT_TRUE(unit.has_value());
  experiment_->abandon(unit->unit, "a worker died");
  for (std::size_t i = 0; i < 6; ++i) {
    const auto alone = next<EvaluateWork>(several);
    ASSERT_TRUE(alone.has_value());
    ASSERT_EQ(alone->work.members.size(), 1u) << "one of them was why";
    EXPECT_EQ(alone->work.members[0], unit->work.members[i]);
    if (i == 2)
      experiment_->abandon(alone->unit, "three workers died of it");
    else
      answer_by_place(*alone);
  }
  ASSERT_EQ(failed().size(), 1u);
  const TrialRecord trial = failed()[0];
  EXPECT_EQ(trial.kind, Trial::screen);
  EXPECT_EQ(trial.failure, "three workers died of it");
  EXPECT_TRUE(std::isnan(trial.loss));
  ASSERT_EQ(trial.nll.size(), shots(unit->work.members[2]));
  EXPECT_TRUE(std::isnan(trial.nll[0]));
  EXPECT_EQ(static_cast<std::int32_t>(trial.position), unit->work.members[2].adapters[0]);
  finish();
  EXPECT_TRUE(experiment_->finished());
}

TEST_F(TrialsOfASweep, AreTakenUpFromAJournalWithTheirFailures) {
  const auto first = next<EvaluateWork>({.members = 1, .predictions = 1});
  ASSERT_TRUE(first.has_value());
  experiment_->abandon(first->unit, "lost");
  for (int unit = 0; unit < 45; ++unit) {
    const auto issued = next<EvaluateWork>(several);
    ASSERT_TRUE(issued.has_value());
    answer_by_place(*issued);
  }
  JournalWriter other = JournalWriter::create(folder / "other");
  Experiment again(plan_, manifest_, *inputs_->tokenizer, other);
  again.replay(journal(), "journal");
  EXPECT_EQ(again.progress().evaluations_done, experiment_->progress().evaluations_done);
  EXPECT_EQ(again.rows(), experiment_->rows());
  EXPECT_EQ(again.progress().evaluations_total, experiment_->progress().evaluations_total);
}

TEST_F(TrialsOfASweep, OfRecordsThatNobodyPlannedAreRefused) {
  JournalWriter other = JournalWriter::create(folder / "other");
  const auto refused = [&](const std::vector<Record>& records) {
    Experiment again(plan_, manifest_, *inputs_->tokenizer, other);
    try {
      again.replay(records, "journal");
    } catch (const InputError&) {
      return true;
    }
    return false;
  };
  const TrialRecord screen{.kind = Trial::screen, .index = 0, .position = 4, .nll = std::vector<double>(5, 1.0)};
  EXPECT_FALSE(refused({screen}));
  EXPECT_TRUE(refused({screen, screen}));
  EXPECT_TRUE(refused({TrialRecord{.kind = Trial::screen, .index = 8, .position = 0}}));
  EXPECT_TRUE(refused({TrialRecord{.kind = Trial::uniform, .index = 0, .position = 0}}))
      << "its adapters are not known";
  EXPECT_TRUE(refused({TrialRecord{.kind = Trial::ablation, .index = 0, .position = 0}})) << "nothing was found yet";
  EXPECT_TRUE(
      refused({EvaluationRecord{.search = 0, .step = 0, .weights = {0, 0, 0}, .nll = std::vector<double>(5, 1)}}))
      << "no screen has chosen its adapters";
}

TEST_F(TrialsOfASweep, OfASearchThatFoundNothingAreNotWanted) {
  while (auto unit = experiment_->next(several)) {
    if (const auto* work = std::get_if<EvaluateWork>(&unit->work)) {
      EvaluateResult result;
      for (const Member& member : work->members)
        result.nll.push_back(std::vector<double>(shots(member), member.adapters.size() == 1 ? 1.0 : std::nan("")));
      complete(unit->id, result);
    } else {
      answer(Issued<PredictWork>{unit->id, std::get<PredictWork>(unit->work)});
    }
  }
  EXPECT_TRUE(experiment_->finished());
  EXPECT_EQ(experiment_->failed(), 24u) << "no candidate was finite";
  EXPECT_EQ(experiment_->progress().evaluations_done, experiment_->progress().evaluations_total);
}

TEST_F(TrialsOfASweep, WithoutAFiniteLossLeaveNoBestSingleAdapter) {
  while (auto unit = experiment_->next(several)) {
    if (const auto* work = std::get_if<EvaluateWork>(&unit->work)) {
      EvaluateResult result;
      for (const Member& member : work->members)
        result.nll.push_back(std::vector<double>(shots(member), member.adapters.size() == 1 ? std::nan("") : 1.0));
      complete(unit->id, result);
    } else {
      answer(Issued<PredictWork>{unit->id, std::get<PredictWork>(unit->work)});
    }
  }
  EXPECT_TRUE(experiment_->finished());
  EXPECT_EQ(experiment_->failed(), 24u) << "nothing to ask as best single";
  for (const Record& record : journal())
    if (const auto* failure = std::get_if<FailureRecord>(&record)) {
      EXPECT_EQ(failure->of, Subject::best_single);
    }
}

}  // namespace
}  // namespace lorasweep
