// SPDX-License-Identifier: Apache-2.0
// Sums of whole weights, each of which a fair coin takes or leaves: the null distribution of tests by signs.
#pragma once

#include <cstdint>
#include <span>

namespace lorasweep {

/// Both include the observed value itself.
struct Tails {
  double at_most = 1, at_least = 1;
};

/// Twice the smaller tail, at most 1. This is what scipy.stats.permutation_test means by alternative="two-sided"; for
/// a distribution that is symmetric about the middle of all sums, as this one is, it is also the probability of a sum
/// at least as far from that middle.
double two_sided(const Tails& tails);

/// P(S <= observed) and P(S >= observed) for S = sum of the weights that heads chose, exactly but for rounding (the
/// 2^n outcomes are never listed: a convolution over the values of S). Probabilities below 2^-1022 lose digits, and
/// far below become 0. Costs `coin_sum_steps` additions.
Tails coin_sum_tails(std::span<const std::uint64_t> weights, std::uint64_t observed);

/// The number of weights times their sum in units of their greatest common divisor; the greatest number where that
/// cannot be held.
std::uint64_t coin_sum_steps(std::span<const std::uint64_t> weights);

}  // namespace lorasweep
