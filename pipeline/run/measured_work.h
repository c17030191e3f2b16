// SPDX-License-Identifier: Apache-2.0
// What work has cost and taken so far, by kind, and what is left of it: for the time that a sweep still takes.
#pragma once

#include "data/journal/record.h"
#include "data/journal/subject.h"
#include "pipeline/report/time_left.h"
#include "pipeline/run/costs.h"
#include "pipeline/run/ledger.h"

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace lorasweep {

class MeasuredWork {
 public:
  /// All references must outlive it.
  MeasuredWork(const Plan& plan, const Costs& costs, const Ledger& ledger);

  /// What earlier processes took, from their records, which the ledger has taken up. It counts until this process has
  /// measured work of the kind itself.
  void replay(std::span<const Record> records);
  void add_evaluations(double cost, double seconds) { add(evaluations_, cost, seconds); }
  void add_answers(Subject of, double cost, double seconds) { add(answers_[place(of)], cost, seconds); }
  /// Whether any process has computed such an answer.
  bool knows(Subject of) const { return answers_[place(of)].done > 0 || before_[place(of)].done > 0; }

  /// `workers`: how many there are; `one_by_one`: a search asks for its next candidate only when it knows the last.
  WorkLeft left(int workers, bool one_by_one) const;

 private:
  static std::size_t place(Subject of) { return static_cast<std::size_t>(of); }
  static void add(KindOfWork& kind, double cost, double seconds) {
    kind.done += cost;
    kind.seconds += seconds;
  }

  const Plan& plan_;
  const Costs& costs_;
  const Ledger& ledger_;
  KindOfWork evaluations_, evaluations_before_;
  std::array<KindOfWork, static_cast<std::size_t>(last_subject) + 1> answers_, before_;
  std::vector<double> mean_answer_;  ///< cost, of each set of answers
};

}  // namespace lorasweep
