// SPDX-License-Identifier: Apache-2.0
// What a sweep found, with what chance alone could have done: the numbers behind `show`, `report` and `inspect`.
#pragma once

#include "data/results/sweep_results.h"
#include "pipeline/collect/scores.h"
#include "pipeline/statistics/below_zero_shot.h"
#include "pipeline/statistics/bootstrap.h"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lorasweep {

/// A share of right answers in per cent, or a difference of two in percentage points.
struct Estimate {
  double value = 0;
  Interval interval;                         ///< 95 % (statistics/bootstrap.h)
  std::size_t replicates = 0, examples = 0;  ///< that it is over
};

/// Composed minus another way.
struct Difference {
  Subject against = Subject::zero_shot;
  Estimate estimate;
  double p = 1;           ///< two-sided: sign-flip over examples of a task, signed-rank over tasks
  double p_adjusted = 1;  ///< by Holm among all tests of tasks of the file, or among all over tasks
  bool exact = true;
};

struct TaskOutcome {
  std::map<Subject, Scores> scores;
  std::map<Subject, Estimate> ways;        ///< those with a whole set of answers
  std::optional<std::size_t> by_shots;     ///< the replicate with the lowest best objective on the shots
  std::optional<Estimate> found_by_shots;  ///< its accuracy, if its answers are whole
  std::vector<Difference> differences;
};

struct Outcome {
  Scoring scoring = Scoring::lorahub;
  std::vector<TaskOutcome> tasks;  ///< as in the summary
  /// Whole tasks: every way that any task has, and all replicates. Means are over these, so that they compare.
  std::vector<std::size_t> whole;
  std::map<Subject, Estimate> means;
  std::optional<Estimate> mean_by_shots;
  std::vector<Difference> differences;  ///< over whole tasks
  BelowZeroShot below;                  ///< in per cent

  bool has(Subject way) const;  ///< whether any task has it
};

/// The mean of these scores with its interval; `position`: of the task among the random numbers.
Estimate estimate_of(const ScoreMatrix& scores, std::size_t position);

/// Of the answers in the file: what is stored as accuracy is not asked.
Outcome outcome_of(const SweepResults& results, Scoring scoring);

/// Accuracies of searches, row-major [task, replicate] in per cent; NaN: not whole.
std::vector<double> search_accuracies(const SweepResults& results, const Outcome& outcome);

}  // namespace lorasweep
