// SPDX-License-Identifier: Apache-2.0
// Checks scores, pairs them, and sums them as whole numbers.
#include "pipeline/statistics/score_matrix.h"

#include "data/core/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <numeric>

namespace lorasweep {

ScoreMatrix ScoreMatrix::correctness(std::size_t replicates, std::size_t examples, std::vector<std::int8_t> values) {
  if (values.size() != replicates * examples)
    throw InternalError(fmt::format("{} scores of {} replicates and {} examples", values.size(), replicates, examples));
  for (const std::int8_t value : values)
    if (value != 0 && value != 1) throw InternalError(fmt::format("an answer that is right {} times", value));
  return {replicates, examples, std::move(values)};
}

ScoreMatrix ScoreMatrix::difference(const ScoreMatrix& one, const ScoreMatrix& other) {
  const bool pairs = one.replicates_ == other.replicates_ || one.replicates_ == 1 || other.replicates_ == 1;
  if (!pairs || one.examples_ != other.examples_)
    throw InternalError(fmt::format("scores of {} replicates and {} examples cannot be paired with {} and {}",
                                    one.replicates_, one.examples_, other.replicates_, other.examples_));
  const std::size_t examples = one.examples_;
  // A single replicate against none leaves none.
  const std::size_t replicates = one.replicates_ == 1 ? other.replicates_ : one.replicates_;
  std::vector<std::int8_t> values(replicates * examples);
  for (std::size_t r = 0; r < replicates; ++r) {
    const auto of_one = one.replicate(one.replicates_ == 1 ? 0 : r);
    const auto of_other = other.replicate(other.replicates_ == 1 ? 0 : r);
    for (std::size_t e = 0; e < examples; ++e)
      values[r * examples + e] = static_cast<std::int8_t>(of_one[e] - of_other[e]);
  }
  return {replicates, examples, std::move(values)};
}

std::optional<double> ScoreMatrix::mean() const {
  if (empty()) return std::nullopt;
  const auto sum = std::accumulate(values_.begin(), values_.end(), std::int64_t{0});
  return static_cast<double>(sum) / static_cast<double>(values_.size());
}

std::vector<std::int64_t> ScoreMatrix::sums_over_replicates() const {
  std::vector<std::int64_t> sums(examples_, 0);
  for (std::size_t r = 0; r < replicates_; ++r)
    std::ranges::transform(sums, replicate(r), sums.begin(), std::plus<std::int64_t>());
  return sums;
}

}  // namespace lorasweep
