// SPDX-License-Identifier: Apache-2.0
// What workers get next: members of failed units alone, then a few answers to be measured, then screens, which searches
// may wait for, then candidates of the searches with most left to do, then trials that nothing waits for, then answers.
#pragma once

#include "pipeline/run/costs.h"
#include "pipeline/run/ledger.h"
#include "workers/work/channel.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <utility>
#include <variant>
#include <vector>

namespace lorasweep {

/// One candidate of one search.
struct CandidateTask {
  std::uint32_t search = 0, step = 0;
};
/// One trial, as Plan::trials numbers them.
struct TrialTask {
  std::size_t trial = 0;
};
/// Some examples (positions in the test set) of one set of answers.
struct AnswerTask {
  std::size_t answers = 0;  ///< index into Ledger::answers()
  std::vector<std::uint32_t> examples;
};
/// The members of a unit, at least one.
using UnitMembers = std::variant<std::vector<CandidateTask>, std::vector<TrialTask>, std::vector<AnswerTask>>;

class WorkList {
 public:
  /// All references must outlive it. What it hands out is marked as out in the ledger.
  WorkList(const Costs& costs, Ledger& ledger) : costs_(costs), ledger_(ledger) {}

  /// How many workers there will be, before the first next(): a unit of several candidates must leave something for the
  /// others.
  void expect_workers(int workers) { workers_ = workers; }

  /// One unit of answers of each subject that is not `known` goes out as soon as it can: what answers take is measured
  /// then while searches still run, and the time left is right when they end.
  void measure_early(std::function<bool(Subject)> known) { known_ = std::move(known); }

  /// What the worker should do next; nullopt: nothing is ready now.
  std::optional<UnitMembers> next(const WorkerCapacity& capacity);

  /// The members of a failed unit go out again, each alone: one of them is why it failed.
  template <typename Member>
  void try_alone(const std::vector<Member>& members) {
    again_.insert(again_.end(), members.begin(), members.end());
  }
  bool has_members_to_try_alone() const { return !again_.empty(); }

 private:
  std::optional<UnitMembers> next_alone();
  std::vector<TrialTask> take_trials(bool screens, std::size_t at_most);
  std::vector<CandidateTask> take_candidates(std::size_t at_most);
  std::vector<AnswerTask> take_answers(const WorkerCapacity& capacity);
  std::vector<AnswerTask> take_early_answers(const WorkerCapacity& capacity);
  void form_cohorts_once(std::size_t most_members);
  bool is_settled(const CandidateTask& task) const { return ledger_.answers()[task.search].given_up(); }
  bool is_settled(const TrialTask& task) const { return ledger_.trials().settled(task.trial); }
  bool is_settled(const AnswerTask& task) const { return ledger_.answers()[task.answers].done(); }

  const Costs& costs_;
  Ledger& ledger_;
  int workers_ = 1;
  std::function<bool(Subject)> known_;               ///< none: nothing is measured early
  std::set<Subject> early_;                          ///< subjects of which a unit went out early
  std::vector<std::vector<std::uint32_t>> cohorts_;  ///< formed when the first worker says how much it takes
  std::deque<std::variant<CandidateTask, TrialTask, AnswerTask>> again_;
};

}  // namespace lorasweep
