// SPDX-License-Identifier: Apache-2.0
// The scores of one task: a whole number for every replicate and example.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace lorasweep {

/// Row-major [replicate, example]. A score is 0 or 1 (correctness), or a difference of two such: -1, 0, 1. Whole
/// numbers, so that sums are exact and equal means are equal bits. Only complete replicates belong in here: whoever
/// has unknown answers leaves that replicate out.
class ScoreMatrix {
 public:
  /// InternalError if there are not replicates * examples values, or one is neither 0 nor 1.
  static ScoreMatrix correctness(std::size_t replicates, std::size_t examples, std::vector<std::int8_t> values);

  /// Score by score `one - other`, paired by example and by replicate. Where one of them has a single replicate (the
  /// base model, say), it stands against every replicate of the other. InternalError if examples differ, or replicates
  /// otherwise.
  static ScoreMatrix difference(const ScoreMatrix& one, const ScoreMatrix& other);

  std::size_t replicates() const { return replicates_; }
  std::size_t examples() const { return examples_; }
  bool empty() const { return values_.empty(); }
  std::span<const std::int8_t> replicate(std::size_t r) const {
    return std::span(values_).subspan(r * examples_, examples_);
  }

  /// The sum of all scores by their number: a fraction of 1, not percent. One division of whole numbers, so equal
  /// fractions are equal bits. Nothing if there are no scores.
  std::optional<double> mean() const;

  /// [example] the sum over replicates: the mean over replicates in units of 1 / replicates().
  std::vector<std::int64_t> sums_over_replicates() const;

 private:
  ScoreMatrix(std::size_t replicates, std::size_t examples, std::vector<std::int8_t> values)
      : replicates_(replicates), examples_(examples), values_(std::move(values)) {}

  std::size_t replicates_, examples_;
  std::vector<std::int8_t> values_;
};

}  // namespace lorasweep
