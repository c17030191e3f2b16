// SPDX-License-Identifier: Apache-2.0
// What is known of a sweep's searches, trials and answers, and the journal that says so. Every change of it is a
// record, durable before it counts; an earlier process's records bring it to where that one was.
#pragma once

#include "data/journal/journal.h"
#include "data/journal/subject.h"
#include "pipeline/manifest/manifest.h"
#include "pipeline/plan/plan.h"
#include "pipeline/report/progress.h"
#include "pipeline/run/answers.h"
#include "pipeline/run/comparisons.h"
#include "pipeline/run/eval_key.h"
#include "pipeline/search/search.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace lorasweep {

/// Who computed a result, and when: recorded with it, and never part of a value.
struct ResultOrigin {
  std::uint32_t attempt = 0;
  std::int32_t worker = 0;
  double finished_utc = 0;  ///< seconds since the epoch
  double seconds = 0;       ///< on the worker
};

/// What the ledger takes from workers.
using ResultRecord = std::variant<EvaluationRecord, PredictionRecord, TrialRecord>;

class Ledger {
 public:
  /// All references must outlive it.
  Ledger(const Plan& plan, const Manifest& manifest, JournalWriter& journal);

  /// Takes up what an earlier process recorded, then gives up what cannot have an answer. InputError naming `where` if
  /// the records do not fit the plan.
  void replay(std::span<const Record> records, const std::string& where);

  /// The record of a candidate's result; nothing is recorded yet. `nll`: of each shot, finite or not.
  EvaluationRecord evaluation(std::uint32_t search, std::uint32_t step, std::vector<double> nll,
                              const ResultOrigin& origin) const;
  /// The same of a trial.
  TrialRecord trial(std::size_t trial, std::vector<double> nll, const ResultOrigin& origin) const;
  /// Makes results that arrived together durable, then uses them. They must be of steps and examples that are out.
  void record(std::vector<ResultRecord> results);
  /// A search, a baseline or a control will not be finished, because of `reason`.
  void give_up(Subject of, std::uint32_t index, const std::string& reason);
  /// A trial will have no loss: it is recorded as one that is not finite, with the reason. The sweep goes on without.
  void give_up_trial(std::size_t trial, const std::string& reason);

  std::size_t searches() const { return searches_.size(); }
  Search& search(std::size_t index) { return searches_.at(index); }
  const Search& search(std::size_t index) const { return searches_.at(index); }
  /// Evaluations that a search still needs; 0 if it was given up.
  std::size_t left_to_evaluate(std::size_t search) const;
  /// Whether its candidates can be evaluated: its adapters are known.
  bool may_start(std::size_t search) const { return !comparisons_.adapters(search).empty(); }
  Trials& trials() { return comparisons_.trials(); }
  const Trials& trials() const { return comparisons_.trials(); }

  /// The rows of the resident library that each search composes, in the order of its weights; none yet: not known.
  std::vector<std::vector<std::int32_t>> rows() const;
  Mixture candidate(std::size_t search, std::size_t step) const;
  Mixture tried_in(std::size_t trial) const { return comparisons_.tried_in(trial, searches_); }
  /// Of answers that are ready.
  Mixture answering(const Answers& answers) const;
  /// One per search (of what it found, or of random_adapters), in their order, then one per baseline, then one per
  /// control.
  std::vector<Answers>& answers() { return answers_; }
  const std::vector<Answers>& answers() const { return answers_; }

  /// Everything has its answers or was given up.
  bool finished() const;
  std::size_t failed() const { return failed_; }  ///< searches, baselines and controls given up
  ProgressState progress() const;

 private:
  struct Replay;
  struct Use;
  Answers* find(Subject of, std::uint32_t index);
  /// The rows of the resident library that a search composes.
  std::vector<std::int32_t> rows(std::size_t search) const;
  void use(const EvaluationRecord& record);
  [[nodiscard]] bool use(const TrialRecord& record);
  void settle(std::size_t search);
  void take_failure(Answers& answers);
  void give_up_what_has_no_answer();

  const Plan& plan_;
  const Manifest& manifest_;
  JournalWriter& journal_;
  EvalKeys keys_;
  std::vector<Search> searches_;
  std::vector<Answers> answers_;
  std::map<std::pair<Subject, std::uint32_t>, std::size_t> place_;  ///< in answers_
  std::vector<std::vector<std::int32_t>> shot_tokens_;              ///< target tokens of the shots of each example set
  Comparisons comparisons_;
  std::size_t failed_ = 0;
};

}  // namespace lorasweep
