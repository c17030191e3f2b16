// SPDX-License-Identifier: Apache-2.0
// The sweep as the scheduler sees it: a source of units. What comes back is journaled first and used then.
#pragma once

#include "data/journal/journal.h"
#include "data/tokenizer/tokenizer.h"
#include "pipeline/config/config.h"
#include "pipeline/manifest/manifest.h"
#include "pipeline/plan/plan.h"
#include "pipeline/run/answers.h"
#include "pipeline/run/eval_key.h"
#include "pipeline/run/progress.h"
#include "pipeline/search/search.h"
#include "scheduler/work_source.h"

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

namespace lorasweep {

class Experiment final : public WorkSource {
 public:
  /// All references must outlive it.
  Experiment(const RunConfig& config, const Plan& plan, const Manifest& manifest, const Tokenizer& tokenizer,
             JournalWriter& journal);

  /// How many workers there will be, before the first next(): a unit of several candidates must leave something for the
  /// others.
  void expect_workers(int workers) { workers_ = workers; }

  /// Takes up what an earlier process finished. InputError naming `where` if the records do not fit the plan.
  void replay(std::span<const Record> records, const std::string& where);

  std::optional<Unit> next(const WorkerCapacity& capacity) override;
  void complete(std::vector<WorkerReported> results) override;
  void abandon(UnitId unit, const std::string& reason) override;
  bool finished() const override;

  ProgressState progress() const;
  std::size_t failed() const { return failed_; }  ///< searches and baselines given up

 private:
  /// One candidate of one search.
  struct Evaluation {
    std::uint32_t search, step;
  };
  /// Some examples (positions in the test set) of one set of answers.
  struct Prediction {
    std::size_t answers;
    std::vector<std::uint32_t> examples;
  };
  /// The members of a unit.
  using Issued = std::variant<std::vector<Evaluation>, std::vector<Prediction>>;

  void apply_all(std::span<const Record> records, const std::string& where);
  void apply(const EvaluationRecord& record, const std::string& where);
  void apply(const PredictionRecord& record, const std::string& where);
  void apply(const FailureRecord& record, const std::string& where);
  void give_up(const FailureRecord& failure);
  void give_up_searches_without_answer();

  std::vector<Evaluation> take_evaluations(std::size_t at_most);
  std::vector<Prediction> take_predictions(const WorkerCapacity& capacity);
  Unit issue(std::vector<Evaluation> evaluations);
  Unit issue(std::vector<Prediction> predictions);
  void report(const std::vector<Evaluation>& evaluations, const WorkerReported& reported,
              std::vector<Record>& records) const;
  void report(const std::vector<Prediction>& predictions, const WorkerReported& reported,
              std::vector<Record>& records) const;
  bool given_up(const Evaluation& evaluation) const { return abandoned_[evaluation.search]; }
  bool given_up(const Prediction& prediction) const { return answers_[prediction.answers].done(); }
  void give_up_member(const Evaluation& evaluation, const std::string& reason);
  void give_up_member(const Prediction& prediction, const std::string& reason);

  const RunConfig& config_;
  const Plan& plan_;
  const Manifest& manifest_;
  const Tokenizer& tokenizer_;
  JournalWriter& journal_;
  EvalKeys keys_;

  std::vector<Search> searches_;
  std::vector<bool> abandoned_;          ///< of each search
  std::vector<double> evaluation_cost_;  ///< of each task, in tokens
  std::vector<Answers> answers_;         ///< one per search, then the baselines
  int workers_ = 1;
  std::vector<std::vector<std::uint32_t>> cohorts_;         ///< formed when the first worker says how much it takes
  std::deque<std::variant<Evaluation, Prediction>> again_;  ///< members of a failed unit, to be tried alone
  std::unordered_map<UnitId, Issued> issued_;
  UnitId next_unit_ = 1;
  std::size_t failed_ = 0;
};

}  // namespace lorasweep
