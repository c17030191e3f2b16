// SPDX-License-Identifier: Apache-2.0
#include "data/model/t5_relative_bias.h"

#include <gtest/gtest.h>

namespace lorasweep {
namespace {

// From transformers' T5Attention._relative_position_bucket, 32 buckets up to distance 128.
TEST(RelativeBias, BucketsAreThoseOfTheReferenceInBothDirections) {
  const struct {
    int distance, bidirectional, causal;
  } known[] = {{-200, 15, 31}, {-128, 15, 31}, {-127, 15, 31}, {-100, 15, 30}, {-64, 14, 26},
               {-32, 12, 21},  {-20, 10, 17},  {-16, 10, 16},  {-15, 9, 15},   {-8, 8, 8},
               {-7, 7, 7},     {-1, 1, 1},     {0, 0, 0},      {1, 17, 0},     {7, 23, 0},
               {8, 24, 0},     {12, 25, 0},    {40, 28, 0},    {91, 31, 0},    {500, 31, 0}};
  for (const auto& k : known) {
    EXPECT_EQ(relative_bucket(k.distance, 32, 128, Direction::bidirectional), k.bidirectional) << k.distance;
    EXPECT_EQ(relative_bucket(k.distance, 32, 128, Direction::causal), k.causal) << k.distance;
  }
}

TEST(RelativeBias, TheUnrolledTableHoldsTheBucketsValueAtEveryDistance) {
  Tensor learned{{8, 3}, {}};
  for (int i = 0; i < 24; ++i) learned.values.push_back(static_cast<float>(i));
  const auto table = unroll_relative_bias(learned, 30, 20, Direction::bidirectional);
  ASSERT_EQ(table.size(), 3u * 61u);
  for (int distance = -30; distance <= 30; ++distance)
    for (int h = 0; h < 3; ++h)
      EXPECT_EQ(table[static_cast<std::size_t>(h * 61 + distance + 30)],
                static_cast<float>(relative_bucket(distance, 8, 20, Direction::bidirectional) * 3 + h));
}

}  // namespace
}  // namespace lorasweep
