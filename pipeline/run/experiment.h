// SPDX-License-Identifier: Apache-2.0
// The sweep as the scheduler sees it: a source of units. Between its three parts it only translates: work into bytes,
// what comes back into records.
#pragma once

#include "data/journal/journal.h"
#include "data/tokenizer/tokenizer.h"
#include "pipeline/manifest/manifest.h"
#include "pipeline/plan/plan.h"
#include "pipeline/report/progress.h"
#include "pipeline/run/costs.h"
#include "pipeline/run/ledger.h"
#include "pipeline/run/measured_work.h"
#include "pipeline/run/work_list.h"
#include "scheduler/work_source.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace lorasweep {

class Experiment final : public WorkSource {
 public:
  /// All references must outlive it.
  Experiment(const Plan& plan, const Manifest& manifest, const Tokenizer& tokenizer, JournalWriter& journal);

  void expect_workers(int workers);  ///< as WorkList has it
  void measure_early();              ///< likewise
  /// Takes up what an earlier process finished. InputError naming `where` if the records do not fit the plan.
  void replay(std::span<const Record> records, const std::string& where);

  std::optional<Unit> next(const WorkerCapacity& capacity) override;
  void complete(std::vector<WorkerReported> results) override;
  void abandon(UnitId unit, const std::string& reason) override;
  bool finished() const override;

  /// As Ledger has it.
  std::vector<std::vector<std::int32_t>> rows() const { return ledger_.rows(); }
  ProgressState progress() const { return ledger_.progress(); }
  /// Looks at every search, trial and set of answers: not for every round of the scheduler.
  WorkLeft work_left() const;
  std::size_t failed() const { return ledger_.failed(); }  ///< searches, baselines and controls given up

 private:
  Unit unit_of(const std::vector<CandidateTask>& candidates) const;
  Unit unit_of(const std::vector<TrialTask>& trials) const;
  Unit unit_of(const std::vector<AnswerTask>& tasks) const;
  void add_results(const std::vector<CandidateTask>& candidates, const WorkerReported& reported,
                   std::vector<ResultRecord>& results) const;
  void add_results(const std::vector<TrialTask>& trials, const WorkerReported& reported,
                   std::vector<ResultRecord>& results) const;
  void add_results(const std::vector<AnswerTask>& tasks, const WorkerReported& reported,
                   std::vector<ResultRecord>& results) const;
  void measure(const std::vector<CandidateTask>& candidates, double seconds);
  void measure(const std::vector<TrialTask>& trials, double seconds);
  void measure(const std::vector<AnswerTask>& tasks, double seconds);
  void give_up(const CandidateTask& candidate, const std::string& reason);
  void give_up(const TrialTask& task, const std::string& reason);
  void give_up(const AnswerTask& task, const std::string& reason);
  UnitMembers take_back(UnitId unit);
  std::string text_of(const TokenIds& answer) const;

  const Plan& plan_;
  const Manifest& manifest_;
  const Tokenizer& tokenizer_;
  const bool continues_prompt_;  ///< as ModelPlan has it
  Ledger ledger_;
  Costs costs_;
  MeasuredWork measured_;
  WorkList work_list_;
  int workers_ = 1;
  std::unordered_map<UnitId, UnitMembers> out_;
  UnitId next_unit_ = 1;
};

}  // namespace lorasweep
