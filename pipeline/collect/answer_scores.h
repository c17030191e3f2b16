// SPDX-License-Identifier: Apache-2.0
// Who answered what rightly, sorted by who and by task.
#pragma once

#include "data/journal/subject.h"
#include "data/results/sweep_results.h"
#include "pipeline/statistics/score_matrix.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace lorasweep {

/// Correctness by LoraHub's rule of those replicates whose answers are all there.
class AnswerScores {
 public:
  explicit AnswerScores(const SweepResults& results);

  /// Whether any task has complete answers of it.
  bool has(Subject of) const { return scores_.contains(of); }
  /// Nothing without complete answers.
  std::optional<ScoreMatrix> scores(Subject of, std::size_t task) const;
  /// Answer by answer `of` minus `against`, over the replicates that both have (all of `of`, if `against` is the base
  /// model). Nothing if there are none.
  std::optional<ScoreMatrix> difference(Subject of, Subject against, std::size_t task) const;
  /// Whether all replicates are there: one of the base model.
  bool is_whole(Subject of, std::size_t task) const;

  std::size_t tasks() const { return tasks_; }
  std::size_t replicates() const { return replicates_; }

 private:
  using Replicates = std::map<std::int32_t, std::vector<std::int8_t>>;  // of a task: replicate to correctness
  const Replicates* replicates_of(Subject of, std::size_t task) const;

  std::size_t tasks_ = 0, replicates_ = 0;
  std::map<Subject, std::vector<Replicates>> scores_;
};

}  // namespace lorasweep
