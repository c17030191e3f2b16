// SPDX-License-Identifier: Apache-2.0
// Percentile-bootstrap intervals of mean scores.
//
// What is resampled (crossed, each level by its own draws): of a task with R replicates and E examples, a resample
// draws R replicates and E examples, both with replacement, and takes the mean of the R * E scores at the drawn rows
// and columns: an example that is drawn counts in every drawn replicate, because the replicates answered the same
// examples (the "pigeonhole bootstrap", Owen 2007, Annals of Applied Statistics 1(2)). Tasks are not resampled: the
// interval of the mean over tasks speaks of these tasks. The interval is the middle `level` per cent of the resampled
// means (Efron & Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13), percentiles linear as numpy's.
//
// Limits. One replicate says nothing of the spread over replicates, nor one example of that over examples: the
// interval then leaves that part out. What replicates as a whole differ by counts (R - 1) / R of its variance: too
// little with two or three. What is neither the example's nor the replicate's counts 3 - 2 / R times (R = 1: once; Owen
// 2007): the interval is then wider than it need be, never shorter. Scores that are all equal give an interval of width
// 0.
#pragma once

#include "pipeline/statistics/percentile.h"
#include "pipeline/statistics/score_matrix.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace lorasweep {

struct BootstrapOptions {
  int resamples = 10'000;  ///< at least 1
  double level = 95;       ///< per cent, in (0, 100)
  std::uint64_t seed = 0;  ///< key of the CounterRandom
};

/// Whether one replicate of all tasks belongs together.
enum class ReplicateDraw {
  shared,  ///< one draw for all tasks: replicates that share a seed, and so the drawn adapters
  own,     ///< a draw per task: independent replicates, or as many as each task happens to have
};

/// Means of scores at drawn rows and columns; keeps its scratch. The matrix must outlive it.
class ResampledMean {
 public:
  explicit ResampledMean(const ScoreMatrix& scores) : scores_(scores), at_example_(scores.examples()) {}

  /// Indices may repeat; there is at least one of each.
  double operator()(std::span<const std::uint32_t> replicates, std::span<const std::uint32_t> examples);

 private:
  const ScoreMatrix& scores_;
  std::vector<std::int32_t> at_example_;
};

/// [resample] means of the task at `position` of its sweep (random numbers depend on it). Examples are drawn from
/// stream 2 * position + 1 of the seed; replicates from stream 0 if shared, else 2 * position + 2. Empty if there are
/// no scores. InternalError if `resamples` < 1.
std::vector<double> resampled_means(const ScoreMatrix& task, std::size_t position, ReplicateDraw draw,
                                    const BootstrapOptions& options);

/// The interval of a task's mean score (`middle_interval` of its `resampled_means`), a fraction of 1. Nothing if there
/// are no scores. InternalError if the options make no sense.
std::optional<Interval> bootstrap_interval(const ScoreMatrix& task, std::size_t position,
                                           const BootstrapOptions& options);

/// The interval of the unweighted mean over tasks of their mean scores: the mean over tasks of their
/// `resampled_means`, positions 0, 1, ... Nothing if there is no task, or one of them has no scores. InternalError if
/// replicates are shared but tasks differ in their number.
std::optional<Interval> bootstrap_interval(std::span<const ScoreMatrix> tasks, ReplicateDraw draw,
                                           const BootstrapOptions& options);

}  // namespace lorasweep
