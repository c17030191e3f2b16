// SPDX-License-Identifier: Apache-2.0
// Which slips of the pen are understood.
#include "pipeline/config/nearest_name.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lorasweep {
namespace {

const std::vector<std::string> names = {"budget", "seeds", "bounds", "l1", "max_new_tokens"};

TEST(NearestName, UnderstandsOneLetterTooManyTooFewOrWrong) {
  EXPECT_EQ(nearest_name("budgett", names), "budget");
  EXPECT_EQ(nearest_name("bound", names), "bounds");
  EXPECT_EQ(nearest_name("bujget", names), "budget");
}

TEST(NearestName, UnderstandsExchangedLettersCaseAndDashes) {
  EXPECT_EQ(nearest_name("sedes", names), "seeds");
  EXPECT_EQ(nearest_name("Budget", names), "budget");
  EXPECT_EQ(nearest_name("max-new-tokens", names), "max_new_tokens");
}

TEST(NearestName, ProposesNothingThatIsFar) {
  EXPECT_EQ(nearest_name("zebra", names), std::nullopt);
  EXPECT_EQ(nearest_name("xyz", names), std::nullopt);
  EXPECT_EQ(nearest_name("", names), std::nullopt);
  EXPECT_EQ(nearest_name(std::string(100'000, 'x'), names), std::nullopt);
}

TEST(NearestName, KnowsShortNames) { EXPECT_EQ(nearest_name("l2", names), "l1"); }

}  // namespace
}  // namespace lorasweep
