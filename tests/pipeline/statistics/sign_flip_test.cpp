// SPDX-License-Identifier: Apache-2.0
// Sign flips against scipy.stats.permutation_test and whole numbers.
#include "pipeline/statistics/sign_flip.h"

#include "data/core/error.h"
#include "tests/pipeline/statistics/statistics_golden.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace lorasweep {
namespace {

using Differences = std::vector<std::int64_t>;

TEST(SignFlip, EqualsScipysPermutationTest) {
  for (const auto& golden : statistics_golden("sign_flip")) {
    const auto found = sign_flip_test(golden.at("differences").get<Differences>());
    ASSERT_TRUE(found.has_value());
    const double wanted = golden.at("p");
    EXPECT_TRUE(found->exact);
    // Up to 52 signs, probabilities are doubles without rounding.
    const double rounding = golden.at("differences").size() <= 52 ? 0 : 1e-12 * wanted;
    EXPECT_NEAR(found->p, wanted, rounding) << golden.at("by") << ", " << golden.at("differences");
  }
}

TEST(SignFlip, AveragesOverReplicatesFirst) {
  // Examples differ by 3, 1 and -1 thirds.
  const auto one = ScoreMatrix::correctness(3, 3, {1, 1, 0, 1, 0, 0, 1, 0, 0});
  const auto other = ScoreMatrix::correctness(1, 3, {0, 0, 0});
  const auto difference = ScoreMatrix::difference(one, other);
  EXPECT_EQ(sign_flip_test(difference)->p, sign_flip_test(Differences{3, 1, 0})->p);
}

TEST(SignFlip, DoesNotDependOnTheUnitOrTheDirectionOrZeros) {
  const Differences differences = {3, -1, 2, 2};
  const double p = sign_flip_test(differences)->p;
  EXPECT_EQ(sign_flip_test(Differences{3000, -1000, 2000, 2000})->p, p);
  EXPECT_EQ(sign_flip_test(Differences{-3, 1, -2, -2})->p, p);
  EXPECT_EQ(sign_flip_test(Differences{0, 3, -1, 0, 2, 2, 0})->p, p);
}

TEST(SignFlip, SeesNothingWhereNothingDiffers) {
  for (const std::size_t examples : {1, 5}) {
    const auto found = sign_flip_test(Differences(examples, 0));
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->p, 1);
  }
}

TEST(SignFlip, OfNothingIsNothing) {
  EXPECT_FALSE(sign_flip_test(Differences{}).has_value());
  EXPECT_FALSE(sign_flip_test(ScoreMatrix::correctness(0, 3, {})).has_value());
}

TEST(SignFlip, EstimatesFromTheDocumentedDrawsWhereTheExactWayIsTooLong) {
  for (const auto& golden : statistics_golden("sign_flip_estimate")) {
    const auto found = sign_flip_test(golden.at("differences").get<Differences>(), {.most_steps = 0,
                                                                                    .resamples = golden.at("resamples"),
                                                                                    .seed = golden.at("seed"),
                                                                                    .stream = golden.at("stream")});
    ASSERT_TRUE(found.has_value());
    EXPECT_FALSE(found->exact);
    EXPECT_EQ(found->p, golden.at("p").get<double>());
  }
}

TEST(SignFlip, EstimatesWhatIsExactWithinChance) {
  constexpr int patterns = 9'999;
  for (const auto& golden : statistics_golden("sign_flip_estimate")) {
    const double exact = golden.at("exact");
    EXPECT_NEAR(sign_flip_test(golden.at("differences").get<Differences>())->p, exact, 1e-12 * exact);
    // Twice a share of the patterns, five of its standard errors, and the pattern that was observed.
    const double bound = 10 * std::sqrt(exact / 2 * (1 - exact / 2) / patterns) + 2.0 / (patterns + 1);
    for (std::uint64_t seed = 20; seed < 25; ++seed)
      EXPECT_NEAR(sign_flip_test(golden.at("differences").get<Differences>(), {.most_steps = 0, .seed = seed})->p,
                  exact, bound);
  }
}

TEST(SignFlip, IsNeverSureByChance) {
  const Differences one_way(40, 1);
  EXPECT_EQ(sign_flip_test(one_way, {.most_steps = 0, .resamples = 99})->p, 2 * (1 / 100.0));
  EXPECT_EQ(sign_flip_test(one_way)->p, std::ldexp(1.0, -39));
}

TEST(SignFlip, EstimatesByItselfWhereDifferencesAreTooFine) {
  constexpr std::int64_t huge = std::int64_t{1} << 40;
  const auto found = sign_flip_test(Differences{huge, huge + 1, -huge + 7, 3});
  ASSERT_TRUE(found.has_value());
  EXPECT_FALSE(found->exact);
  EXPECT_TRUE(sign_flip_test(Differences{huge, -huge, huge})->exact) << "a coarse lattice of large units";
  EXPECT_TRUE(sign_flip_test(Differences{std::numeric_limits<std::int64_t>::min()})->exact);
}

TEST(SignFlip, RefusesToEstimateFromNoPatternAndToAddUpWhatCannotBeCounted) {
  EXPECT_THROW(sign_flip_test(Differences{1}, {.resamples = 0}), InternalError);
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  EXPECT_THROW(sign_flip_test(Differences{most, -most, 2}), InternalError);
}

}  // namespace
}  // namespace lorasweep
