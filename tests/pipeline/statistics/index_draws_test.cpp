// SPDX-License-Identifier: Apache-2.0
// Indices drawn with replacement: uniform, and a pure function of seed and stream. That they are the ones documented,
// the golden intervals say (bootstrap_test).
#include "pipeline/statistics/index_draws.h"

#include "data/core/error.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <vector>

namespace lorasweep {
namespace {

std::vector<std::uint32_t> drawn(std::uint32_t n, std::size_t count, std::uint64_t stream = 0) {
  IndexDraws draws(CounterRandom(3, stream), n);
  std::vector<std::uint32_t> indices(count);
  draws.fill(indices);
  return indices;
}

// Powers of two, one more, one less; where the number of indices of a word changes; most of all words used and few.
class IndicesBelow : public testing::TestWithParam<std::uint32_t> {};
INSTANTIATE_TEST_SUITE_P(Some, IndicesBelow,
                         testing::Values(1, 2, 3, 5, 7, 64, 250, 255, 256, 257, 4095, 4096, 4097, 1u << 24,
                                         (1u << 24) + 1, 1u << 31, (1u << 31) + 1, 0xffffffffu));

TEST_P(IndicesBelow, StayBelowAndFallEverywhereAlike) {
  constexpr std::size_t count = 96000, bins = 8;
  const std::uint32_t n = GetParam();
  const std::size_t cells = std::min<std::size_t>(n, bins);
  std::vector<double> seen(cells, 0), wanted(cells, 0);
  for (const std::uint32_t index : drawn(n, count)) {
    ASSERT_LT(index, n);
    seen[std::uint64_t{index} * cells / n] += 1;
  }
  // Cell c holds the integers from ceil(c n / cells) on.
  const auto first = [&](std::uint64_t c) { return (c * n + cells - 1) / cells; };
  double chi_square = 0;
  for (std::size_t c = 0; c < cells; ++c) {
    wanted[c] = static_cast<double>(count) * static_cast<double>(first(c + 1) - first(c)) / n;
    chi_square += (seen[c] - wanted[c]) * (seen[c] - wanted[c]) / wanted[c];
  }
  EXPECT_LT(chi_square, 34) << "7 degrees of freedom: once in 60,000";
}

TEST(IndexDraws, AreIndependentWithinAWordToo) {
  // Pairs of neighbours among 3 x 3: of one word, and across words.
  std::vector<double> seen(9, 0);
  const auto indices = drawn(3, 90001);
  for (std::size_t i = 0; i + 1 < indices.size(); ++i) seen[indices[i] * 3 + indices[i + 1]] += 1;
  for (const double count : seen) EXPECT_NEAR(count, 10000, 500);
}

TEST(IndexDraws, DependOnTheStreamAndOnNothingElse) {
  EXPECT_EQ(drawn(250, 1000, 4), drawn(250, 1000, 4));
  EXPECT_NE(drawn(250, 1000, 4), drawn(250, 1000, 5));
}

TEST(IndexDraws, BeginEachFillWithAFreshWord) {
  // Six indices below 16 are one word: after five of them the sixth is not used.
  const auto all = drawn(16, 12);
  IndexDraws draws(CounterRandom(3, 0), 16);
  std::vector<std::uint32_t> five(5), five_more(5);
  draws.fill(five);
  draws.fill(five_more);
  EXPECT_TRUE(std::equal(five.begin(), five.end(), all.begin()));
  EXPECT_TRUE(std::equal(five_more.begin(), five_more.end(), all.begin() + 6));
}

TEST(IndexDraws, RefuseToDrawFromNothing) { EXPECT_THROW(IndexDraws(CounterRandom(1, 1), 0), InternalError); }

}  // namespace
}  // namespace lorasweep
