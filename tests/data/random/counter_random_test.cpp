// SPDX-License-Identifier: Apache-2.0
// Philox4x32-10 against the known answers published with Random123, and its distributions against their
// moments.
#include "data/random/counter_random.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <set>

namespace lorasweep {
namespace {

using Block = std::array<std::uint32_t, 4>;

TEST(CounterRandom, GivesThePublishedKnownAnswers) {
  EXPECT_EQ(philox4x32_10({0, 0, 0, 0}, {0, 0}), (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  constexpr std::uint32_t ones = 0xffffffff;
  EXPECT_EQ(philox4x32_10({ones, ones, ones, ones}, {ones, ones}),
            (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32_10({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(CounterRandom, CountsBlocksInTheLowWordsAndTheStreamInTheHighWords) {
  CounterRandom random(0x299f31d0a4093822u, 0x0370734413198a2eu);
  for (std::uint32_t counter = 0; counter < 3; ++counter)
    for (const std::uint32_t wanted : philox4x32_10({counter, 0, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}))
      EXPECT_EQ(random.next_u32(), wanted);
}

TEST(CounterRandom, IsAPureFunctionOfKeyAndStream) {
  std::set<std::uint32_t> firsts;
  for (std::uint64_t key = 0; key < 4; ++key)
    for (std::uint64_t stream = 0; stream < 4; ++stream) {
      EXPECT_EQ(CounterRandom(key, stream).normal(), CounterRandom(key, stream).normal());
      firsts.insert(CounterRandom(key, stream).next_u32());
    }
  EXPECT_EQ(firsts.size(), 16u);
}

TEST(CounterRandom, DrawsUniformsInTheUnitInterval) {
  CounterRandom random(3, 1);
  double sum = 0, squares = 0;
  constexpr int draws = 100000;
  for (int i = 0; i < draws; ++i) {
    const double u = random.uniform();
    ASSERT_GE(u, 0.0);
    ASSERT_LT(u, 1.0);
    sum += u;
    squares += u * u;
  }
  EXPECT_NEAR(sum / draws, 0.5, 0.005);
  EXPECT_NEAR(squares / draws, 1.0 / 3.0, 0.005);
}

TEST(CounterRandom, DrawsStandardNormals) {
  CounterRandom random(5, 2);
  double sum = 0, squares = 0, fourths = 0, neighbours = 0, previous = 0;
  constexpr int draws = 200000;
  for (int i = 0; i < draws; ++i) {
    const double x = random.normal();
    ASSERT_TRUE(std::isfinite(x));
    sum += x;
    squares += x * x;
    fourths += x * x * x * x;
    neighbours += x * previous;
    previous = x;
  }
  EXPECT_NEAR(sum / draws, 0.0, 0.01);
  EXPECT_NEAR(squares / draws, 1.0, 0.015);
  EXPECT_NEAR(fourths / draws, 3.0, 0.12);
  EXPECT_NEAR(neighbours / draws, 0.0, 0.01);
}

}  // namespace
}  // namespace lorasweep
