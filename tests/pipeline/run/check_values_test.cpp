// SPDX-License-Identifier: Apache-2.0
// Who packs or computes otherwise is named, whatever its device is called.
#include "pipeline/run/check_values.h"

#include "data/core/error.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace lorasweep {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

CheckValues values(const std::string& where, const std::string& layout, const std::string& computed) {
  return {.where = where, .layout = layout, .computed = computed, .rotary = {}, .problem = {}};
}

std::string refusal(const std::vector<CheckValues>& ranks) {
  try {
    return "agreed in " + agreed_value(ranks);
  } catch (const ConfigError& error) {
    return error.what();
  }
}

TEST(CheckValues, AreTheOneThatAllWhoComputeAgreeIn) {
  EXPECT_EQ(refusal({values("rank 0", "l", "c"), values("rank 1", "l", "c")}), "agreed in c");
  EXPECT_EQ(refusal({values("rank 0", "l", ""), values("rank 1", "l", "c"), values("rank 2", "l", "c")}), "agreed in c")
      << "rank 0 packs for GPUs that it has not";
  EXPECT_EQ(refusal({values("rank 0", "l", ""), values("rank 1", "l", ""), values("rank 2", "l", "c")}), "agreed in c")
      << "rank 1 lost its device";
  EXPECT_EQ(refusal({values("rank 0", "l", ""), values("rank 1", "l", "")}), "agreed in ");
}

TEST(CheckValues, NameWhoComputesOtherwiseAndBothValues) {
  EXPECT_THAT(
      refusal({values("rank 0", "l", "c"), values("rank 1", "l", "c"), values("rank 2", "l", "d")}),
      AllOf(HasSubstr("rank 2"), HasSubstr("rank 0"), HasSubstr(" d"), HasSubstr(" c"), Not(HasSubstr("rank 1"))));
  EXPECT_THAT(refusal({values("rank 0", "l", ""), values("rank 1", "l", "c"), values("rank 2", "l", "d")}),
              AllOf(HasSubstr("rank 2"), HasSubstr("rank 1")));
}

TEST(CheckValues, NameWhoComputesDecoderOnlyNetworksOtherwise) {
  CheckValues one = values("rank 0", "l", "c"), other = values("rank 1", "l", "c"), lost = values("rank 2", "l", "");
  one.rotary = other.rotary = "r";
  EXPECT_EQ(refusal({one, other, lost}), "agreed in c") << "rank 2 computes nothing";
  other.rotary = "s";
  EXPECT_THAT(refusal({one, other}), AllOf(HasSubstr("rank 1"), HasSubstr(" s"), HasSubstr(" r")));
}

TEST(CheckValues, NameWhoPacksOtherwiseThanRank0) {
  EXPECT_THAT(refusal({values("rank 0", "l", ""), values("rank 1", "l", "c"), values("rank 2", "m", "c")}),
              AllOf(HasSubstr("rank 2"), HasSubstr("rank 0"), HasSubstr(" m"), HasSubstr(" l")));
}

TEST(CheckValues, SayWhyOneCouldNotEvenPack) {
  CheckValues lost = values("rank 1", "", "");
  lost.problem = "no room";
  EXPECT_THAT(refusal({values("rank 0", "l", "c"), lost}), AllOf(HasSubstr("rank 1"), HasSubstr("no room")));
}

TEST(CheckValues, OfThisProcessAgreeAndDependOnTheElementType) {
  const CheckValues f32 = check_values("here", {DeviceKind::cpu, Element::f32}, 0),
                    bf16 = check_values("here", {DeviceKind::cpu, Element::bf16}, 0);
  EXPECT_EQ(f32, check_values("here", {DeviceKind::cpu, Element::f32}, 0));
  EXPECT_EQ(f32.layout, check_values_of_packer("here", {DeviceKind::cpu, Element::f32}).layout);
  EXPECT_EQ(f32.computed.size(), 16u);
  EXPECT_NE(f32.computed, bf16.computed);
  EXPECT_NE(f32.rotary, bf16.rotary);
}

TEST(CheckValues, OfADeviceThatIsNotThereSayWhy) {
  if (device_count(DeviceKind::cuda) > 0) GTEST_SKIP() << "it is there";
  const CheckValues values = check_values("here", {DeviceKind::cuda, Element::f32}, 0);
  EXPECT_EQ(values.computed, "");
  EXPECT_NE(values.problem, "");
  EXPECT_EQ(values.layout.size(), 16u) << "it can pack for others";
}

}  // namespace
}  // namespace lorasweep
