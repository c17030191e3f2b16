// SPDX-License-Identifier: Apache-2.0
// Indices drawn with replacement, several out of one random word.
#pragma once

#include "data/random/counter_random.h"

#include <cstdint>
#include <span>

namespace lorasweep {

/// Uniform on 0 .. n-1, exactly. Of one 32-bit word w, the number floor(w * n^k / 2^32) has k digits to the base n, the
/// first digit the greatest: k indices. k is the greatest with n^k <= 2^24, at least 1. A word is passed over where
/// w * n^k mod 2^32 < 2^32 mod n^k, which makes all numbers equally likely (Lemire 2019, ACM TOMACS 29(1);
/// Brackett-Rozinsky & Lemire 2024, arXiv 2408.06213).
class IndexDraws {
 public:
  /// InternalError if n is 0.
  IndexDraws(CounterRandom random, std::uint32_t n);

  /// Begins with a fresh word; what is left of the last one is not used.
  void fill(std::span<std::uint32_t> indices);

 private:
  CounterRandom random_;
  std::uint32_t n_;
  std::uint32_t digits_ = 1;   ///< k
  std::uint32_t too_low_ = 0;  ///< 2^32 mod n^k
};

}  // namespace lorasweep
