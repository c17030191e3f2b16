// SPDX-License-Identifier: Apache-2.0
// The exact tails where they can be had in time, random sign patterns elsewhere.
#include "pipeline/statistics/sign_flip.h"

#include "data/core/error.h"
#include "data/random/counter_random.h"
#include "pipeline/statistics/coin_sums.h"

#include <fmt/format.h>

#include <cstddef>
#include <limits>
#include <vector>

namespace lorasweep {
namespace {

constexpr std::uint64_t first_stream = std::uint64_t{1} << 63;

// A sum of signed differences, plus all their sizes, is twice the sum of the positive ones: the test needs only those.
struct Coins {
  std::vector<std::uint64_t> weights;  // sizes of the differences that are not zero
  std::uint64_t heads = 0;             // sum of those that are positive
};

Coins coins_of(std::span<const std::int64_t> differences) {
  Coins coins;
  std::uint64_t all = 0;
  for (const std::int64_t difference : differences) {
    if (difference == 0) continue;
    const std::uint64_t bits = difference;
    const std::uint64_t size = difference > 0 ? bits : 0 - bits;
    if (size > std::numeric_limits<std::uint64_t>::max() - all)
      throw InternalError("differences add up to more than can be counted");
    all += size;
    coins.weights.push_back(size);
    if (difference > 0) coins.heads += size;
  }
  return coins;
}

// One bit a coin, the lowest bit of a word first; every pattern begins with a fresh word.
std::uint64_t tossed(const std::vector<std::uint64_t>& weights, CounterRandom& random) {
  std::uint64_t sum = 0;
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    bits = i % 32 == 0 ? random.next_u32() : bits >> 1;
    sum += (bits & 1) * weights[i];
  }
  return sum;
}

Tails estimated_tails(const Coins& coins, const SignFlipOptions& options) {
  CounterRandom random(options.seed, first_stream + options.stream);
  int at_most = 0, at_least = 0;
  for (int i = 0; i < options.resamples; ++i) {
    const std::uint64_t sum = tossed(coins.weights, random);
    at_most += sum <= coins.heads ? 1 : 0;
    at_least += sum >= coins.heads ? 1 : 0;
  }
  const double all = options.resamples + 1.0;
  return {.at_most = (at_most + 1) / all, .at_least = (at_least + 1) / all};
}

}  // namespace

std::optional<SignFlipResult> sign_flip_test(std::span<const std::int64_t> differences,
                                             const SignFlipOptions& options) {
  if (options.resamples < 1) throw InternalError(fmt::format("a permutation test of {} patterns", options.resamples));
  if (differences.empty()) return std::nullopt;
  const Coins coins = coins_of(differences);
  const bool exact = coin_sum_steps(coins.weights) <= options.most_steps;
  const Tails tails = exact ? coin_sum_tails(coins.weights, coins.heads) : estimated_tails(coins, options);
  return SignFlipResult{.p = two_sided(tails), .exact = exact};
}

std::optional<SignFlipResult> sign_flip_test(const ScoreMatrix& differences, const SignFlipOptions& options) {
  if (differences.empty()) return std::nullopt;
  return sign_flip_test(differences.sums_over_replicates(), options);
}

}  // namespace lorasweep
