// SPDX-License-Identifier: Apache-2.0
// Every 16-bit float against the compiler's or the definition's, rounding at its ties, shapes that overflow.
#include "data/tensor/tensor.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>

namespace lorasweep {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

// From the definition of IEEE binary16, in doubles.
double f16_by_definition(std::uint16_t bits) {
  const double sign = bits >> 15 != 0 ? -1 : 1;
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  if (exponent == 0) return sign * fraction / 1024.0 * std::pow(2.0, -14);
  return sign * (1 + fraction / 1024.0) * std::pow(2.0, exponent - 15);
}

TEST(F16, EveryValueIsThatOfTheDefinition) {
  for (unsigned bits = 0; bits < 65536; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const float value = f16_to_f32(half);
    if ((bits & 0x7c00) != 0x7c00) {
      ASSERT_EQ(value, f16_by_definition(half)) << bits;
      ASSERT_EQ(std::signbit(value), bits >> 15 != 0) << bits;
    } else if ((bits & 0x3ff) != 0) {
      ASSERT_TRUE(std::isnan(value)) << bits;
    } else {
      ASSERT_EQ(value, bits >> 15 != 0 ? -infinity : infinity);
    }
  }
}

TEST(Bf16, EveryValueGoesToF32AndBack) {
  for (unsigned bits = 0; bits < 65536; ++bits) {
    const float value = bf16_to_f32(static_cast<std::uint16_t>(bits));
    if (std::isnan(value))
      ASSERT_TRUE(std::isnan(bf16_to_f32(f32_to_bf16(value)))) << bits;
    else
      ASSERT_EQ(f32_to_bf16(value), bits);
  }
}

TEST(Bf16, RoundsToNearestAndTiesToEven) {
  const auto rounded = [](std::uint32_t bits) { return f32_to_bf16(std::bit_cast<float>(bits)); };
  EXPECT_EQ(rounded(0x3f807fff), 0x3f80);  // just below the tie
  EXPECT_EQ(rounded(0x3f808000), 0x3f80);  // tie, even below
  EXPECT_EQ(rounded(0x3f808001), 0x3f81);  // just above
  EXPECT_EQ(rounded(0x3f818000), 0x3f82);  // tie, even above
  EXPECT_EQ(rounded(0xbf818000), 0xbf82);  // also below zero
  EXPECT_EQ(rounded(0x7f7fffff), 0x7f80);  // the largest float: infinity
  EXPECT_EQ(rounded(0x00000001), 0x0000);
}

TEST(Bf16, NanStaysNanAlsoWhereItsBitsAreLow) {
  EXPECT_TRUE(std::isnan(bf16_to_f32(f32_to_bf16(std::bit_cast<float>(0x7f800001u)))));
  EXPECT_TRUE(std::isnan(bf16_to_f32(f32_to_bf16(std::bit_cast<float>(0xffffffffu)))));
}

TEST(Shape, IsCountedAndDescribed) {
  EXPECT_EQ(element_count({8, 96}), 768u);
  EXPECT_EQ(element_count({}), 1u);
  EXPECT_EQ(element_count({5, 0}), 0u);
  EXPECT_EQ(describe_shape({8, 96}), "[8, 96]");
  EXPECT_EQ(describe_shape({}), "[]");
}

TEST(Shape, ThatCannotBeCountedIsRefused) {
  EXPECT_THROW(element_count({std::int64_t{1} << 32, std::int64_t{1} << 32}), std::overflow_error);
  EXPECT_THROW(element_count({2, -1}), std::invalid_argument);
}

TEST(DType, HasBitsAndAName) {
  EXPECT_EQ(bits_of(DType::bf16), 16);
  EXPECT_EQ(bits_of(DType::f64), 64);
  EXPECT_EQ(bits_of(DType::boolean), 8);
  EXPECT_EQ(bits_of(DType::other), 0);
  EXPECT_STREQ(name_of(DType::f16), "f16");
}

}  // namespace
}  // namespace lorasweep
