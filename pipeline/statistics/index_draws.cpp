// SPDX-License-Identifier: Apache-2.0
// Splits random words into digits to the base n, which are the indices.
#include "pipeline/statistics/index_draws.h"

#include "data/core/error.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace lorasweep {
namespace {

constexpr std::uint64_t word = std::uint64_t{1} << 32;
constexpr std::uint64_t greatest_power = std::uint64_t{1} << 24;  // words passed over: 1 in 256 at most, where k > 1
constexpr std::size_t most_digits = 24;                           // of base 2

}  // namespace

IndexDraws::IndexDraws(CounterRandom random, std::uint32_t n) : random_(random), n_(n) {
  if (n == 0) throw InternalError("there is nothing to draw indices from");
  std::uint64_t power = n;
  while (digits_ < most_digits && power * n <= greatest_power) {
    power *= n;
    ++digits_;
  }
  too_low_ = static_cast<std::uint32_t>(word % power);
}

void IndexDraws::fill(std::span<std::uint32_t> indices) {
  std::array<std::uint32_t, most_digits> digits{};
  for (std::size_t done = 0; done < indices.size();) {
    std::uint32_t rest = random_.next_u32();
    for (std::uint32_t d = 0; d < digits_; ++d) {
      const std::uint64_t product = std::uint64_t{rest} * n_;
      digits[d] = static_cast<std::uint32_t>(product >> 32);
      rest = static_cast<std::uint32_t>(product);
    }
    if (rest < too_low_) continue;
    const std::size_t taken = std::min<std::size_t>(digits_, indices.size() - done);
    std::copy_n(digits.begin(), taken, indices.begin() + done);
    done += taken;
  }
}

}  // namespace lorasweep
