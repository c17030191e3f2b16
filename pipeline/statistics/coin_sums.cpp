// SPDX-License-Identifier: Apache-2.0
// Convolves the weights one by one into the distribution of their sums.
#include "pipeline/statistics/coin_sums.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

namespace lorasweep {
namespace {

constexpr std::uint64_t beyond = std::numeric_limits<std::uint64_t>::max();

std::uint64_t common_divisor(std::span<const std::uint64_t> weights) {
  std::uint64_t divisor = 0;
  for (const std::uint64_t weight : weights) divisor = std::gcd(divisor, weight);
  return std::max<std::uint64_t>(divisor, 1);
}

// chances[s]: the probability that the sum is s units.
std::vector<double> chances_of_sums(std::span<const std::uint64_t> weights, std::uint64_t unit) {
  std::vector<double> chances = {1.0}, before;
  for (const std::uint64_t weight : weights) {
    const std::uint64_t shift = weight / unit;
    if (shift == 0) continue;
    before = chances;
    chances.resize(chances.size() + shift, 0.0);
    for (double& chance : chances) chance *= 0.5;
    for (std::size_t s = 0; s < before.size(); ++s) chances[s + shift] += 0.5 * before[s];
  }
  return chances;
}

}  // namespace

double two_sided(const Tails& tails) { return std::min(1.0, 2 * std::min(tails.at_most, tails.at_least)); }

Tails coin_sum_tails(std::span<const std::uint64_t> weights, std::uint64_t observed) {
  const std::uint64_t unit = common_divisor(weights);
  const std::vector<double> chances = chances_of_sums(weights, unit);
  Tails tails{.at_most = 0, .at_least = 0};
  for (std::size_t s = 0; s < chances.size(); ++s) {  // from the ends inwards: small ones first
    if (s * unit <= observed) tails.at_most += chances[s];
    const std::size_t mirrored = chances.size() - 1 - s;
    if (mirrored * unit >= observed) tails.at_least += chances[mirrored];
  }
  return tails;
}

std::uint64_t coin_sum_steps(std::span<const std::uint64_t> weights) {
  const std::uint64_t unit = common_divisor(weights);
  std::uint64_t sum = 0;
  for (const std::uint64_t weight : weights) {
    if (weight / unit > beyond - sum) return beyond;
    sum += weight / unit;
  }
  return sum != 0 && weights.size() > beyond / sum ? beyond : weights.size() * sum;
}

}  // namespace lorasweep
