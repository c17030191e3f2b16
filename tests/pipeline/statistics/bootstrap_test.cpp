// SPDX-License-Identifier: Apache-2.0
// Bootstrap intervals against numpy (to the bit, given the draws) and scipy (within what chance allows).
#include "pipeline/statistics/bootstrap.h"

#include "data/core/error.h"
#include "tests/pipeline/statistics/statistics_golden.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

void expect_equal(const std::optional<Interval>& found, const Json& wanted) {
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->low, wanted[0].get<double>());
  EXPECT_EQ(found->high, wanted[1].get<double>());
}

// The standard error of the 2.5th percentile of B draws from a normal distribution is 2.7 standard deviations by the
// root of B: sqrt(0.025 * 0.975) / 0.0584. Five of these for the difference of 10,000 ours and at least 20,000 of
// scipy's, and two steps of the means' lattice.
void expect_within_chance(const std::optional<Interval>& found, const Json& scipy, double step) {
  ASSERT_TRUE(found.has_value());
  const double bound =
      5 * 2.7 * scipy.at("standard_error").get<double>() * std::sqrt(1 / 10'000.0 + 1 / 20'000.0) + 2 * step;
  EXPECT_NEAR(found->low, scipy.at("interval")[0].get<double>(), bound);
  EXPECT_NEAR(found->high, scipy.at("interval")[1].get<double>(), bound);
}

TEST(Bootstrap, MakesOfTheSameDrawsWhatNumpyMakes) {
  for (const Json& golden : statistics_golden("same_indices")) {
    const ScoreMatrix scores = scores_of(golden.at("scores"));
    ResampledMean mean(scores);
    std::vector<double> means;
    for (std::size_t b = 0; b < golden.at("means").size(); ++b)
      means.push_back(mean(golden.at("replicate_draws")[b].get<std::vector<std::uint32_t>>(),
                           golden.at("example_draws")[b].get<std::vector<std::uint32_t>>()));
    EXPECT_EQ(means, golden.at("means").get<std::vector<double>>());
    expect_equal(middle_interval(means, 95), golden.at("interval"));
  }
}

TEST(Bootstrap, OfATaskHasTheDocumentedDrawsAndLimits) {
  for (const Json& golden : statistics_golden("task")) {
    const ScoreMatrix scores = scores_of(golden.at("scores"));
    EXPECT_EQ(scores.mean(), golden.at("mean").get<double>());
    expect_equal(bootstrap_interval(scores, golden.at("position"), {.seed = golden.at("seed")}), golden.at("interval"));
  }
}

TEST(Bootstrap, OfATaskIsScipysWithinChance) {
  int compared = 0;
  for (const Json& golden : statistics_golden("task")) {
    if (!golden.contains("scipy")) continue;
    const ScoreMatrix scores = scores_of(golden.at("scores"));
    const double step = 1.0 / static_cast<double>(scores.replicates() * scores.examples());
    expect_within_chance(bootstrap_interval(scores, 0, {.seed = 99}), golden.at("scipy"), step);
    ++compared;
  }
  EXPECT_EQ(compared, 3);
}

TEST(Bootstrap, OfOneReplicateFollowsTheBinomialDistribution) {
  for (const Json& golden : statistics_golden("task")) {
    if (!golden.contains("binomial")) continue;
    const ScoreMatrix scores = scores_of(golden.at("scores"));
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
      const auto found = bootstrap_interval(scores, 0, {.seed = seed});
      ASSERT_TRUE(found.has_value());
      EXPECT_GE(found->low, golden.at("binomial")[0][0].get<double>());
      EXPECT_LE(found->low, golden.at("binomial")[0][1].get<double>());
      EXPECT_GE(found->high, golden.at("binomial")[1][0].get<double>());
      EXPECT_LE(found->high, golden.at("binomial")[1][1].get<double>());
    }
  }
}

TEST(Bootstrap, OfTheMeanOverTasksHasTheDocumentedDrawsAndScipysLimitsWithinChance) {
  for (const Json& golden : statistics_golden("sweep")) {
    std::vector<ScoreMatrix> tasks;
    for (const Json& task : golden.at("tasks")) tasks.push_back(scores_of(task));
    const auto draw = golden.at("shared").get<bool>() ? ReplicateDraw::shared : ReplicateDraw::own;
    expect_equal(bootstrap_interval(tasks, draw, {.seed = golden.at("seed")}), golden.at("interval"));
    expect_within_chance(bootstrap_interval(tasks, draw, {.seed = 1234}), golden.at("scipy"), 0);
  }
}

TEST(Bootstrap, OfOneTaskAloneIsThatTasksInterval) {
  const ScoreMatrix scores = scores_of(statistics_golden("task")[1].at("scores"));
  const auto alone = bootstrap_interval(scores, 0, {.seed = 3});
  const auto swept = bootstrap_interval(std::vector{scores}, ReplicateDraw::shared, {.seed = 3});
  ASSERT_TRUE(alone && swept);
  EXPECT_EQ(alone->low, swept->low);
  EXPECT_EQ(alone->high, swept->high);
}

TEST(Bootstrap, KeepsReplicatesOfAllTasksTogetherWhereTheyAreShared) {
  // Whole replicates that are right or wrong in both tasks alike: together, half of the resamples of two replicates
  // are all or nothing; drawn task by task, a quarter by a half are that.
  const ScoreMatrix task = ScoreMatrix::correctness(2, 4, {1, 1, 1, 1, 0, 0, 0, 0});
  const auto share_of_ends = [&](ReplicateDraw draw) {
    const auto first = resampled_means(task, 0, draw, {.seed = 6}),
               second = resampled_means(task, 1, draw, {.seed = 6});
    int ends = 0;
    for (std::size_t i = 0; i < first.size(); ++i) ends += first[i] == second[i] && first[i] != 0.5 ? 1 : 0;
    return ends / 10'000.0;
  };
  EXPECT_NEAR(share_of_ends(ReplicateDraw::shared), 1 / 2.0, 0.025);
  EXPECT_NEAR(share_of_ends(ReplicateDraw::own), 1 / 8.0, 0.025);
}

TEST(Bootstrap, CountsADifferenceAsItCountsScores) {
  const ScoreMatrix better = ScoreMatrix::correctness(1, 4, {1, 1, 1, 1});
  const ScoreMatrix worse = ScoreMatrix::correctness(1, 4, {0, 0, 0, 0});
  const auto gain = bootstrap_interval(ScoreMatrix::difference(better, worse), 0, {});
  const auto loss = bootstrap_interval(ScoreMatrix::difference(worse, better), 0, {});
  ASSERT_TRUE(gain && loss);
  EXPECT_EQ(gain->low, 1);
  EXPECT_EQ(gain->high, 1);
  EXPECT_EQ(loss->low, -1);
  EXPECT_EQ(loss->high, -1);
}

TEST(Bootstrap, IsAPointWhereAllScoresAreEqualOrThereIsOne) {
  for (const ScoreMatrix& scores :
       {ScoreMatrix::correctness(1, 1, {1}), ScoreMatrix::correctness(3, 2, {1, 1, 1, 1, 1, 1})}) {
    const auto found = bootstrap_interval(scores, 0, {});
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->low, 1);
    EXPECT_EQ(found->high, 1);
  }
}

TEST(Bootstrap, OfOneReplicateSpreadsOverExamplesAndOfOneExampleOverReplicates) {
  for (const ScoreMatrix& scores :
       {ScoreMatrix::correctness(1, 4, {1, 0, 1, 0}), ScoreMatrix::correctness(4, 1, {1, 0, 1, 0})}) {
    const auto found = bootstrap_interval(scores, 0, {});
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->low, 0) << "(1/2)^4 is more than 2.5 %";
    EXPECT_EQ(found->high, 1);
  }
}

TEST(Bootstrap, OfNothingIsNothing) {
  const ScoreMatrix none = ScoreMatrix::correctness(0, 4, {}), some = ScoreMatrix::correctness(1, 1, {1});
  EXPECT_FALSE(bootstrap_interval(none, 0, {}).has_value());
  EXPECT_FALSE(bootstrap_interval(std::vector<ScoreMatrix>{}, ReplicateDraw::own, {}).has_value());
  EXPECT_FALSE(bootstrap_interval(std::vector{some, none}, ReplicateDraw::own, {}).has_value());
}

TEST(Bootstrap, RefusesOptionsThatMakeNoSense) {
  const ScoreMatrix some = ScoreMatrix::correctness(1, 2, {1, 0});
  for (const int resamples : {0, -1}) {
    EXPECT_THROW(bootstrap_interval(some, 0, {.resamples = resamples}), InternalError);
    EXPECT_THROW(bootstrap_interval(std::vector{some}, ReplicateDraw::own, {.resamples = resamples}), InternalError);
  }
  for (const double level : {0.0, 100.0, std::numeric_limits<double>::quiet_NaN()})
    EXPECT_THROW(bootstrap_interval(some, 0, {.level = level}), InternalError);
}

TEST(Bootstrap, RefusesToShareReplicatesThatTasksDoNotHave) {
  const std::vector tasks = {ScoreMatrix::correctness(1, 1, {1}), ScoreMatrix::correctness(2, 1, {1, 0})};
  EXPECT_THROW(bootstrap_interval(tasks, ReplicateDraw::shared, {}), InternalError);
  EXPECT_TRUE(bootstrap_interval(tasks, ReplicateDraw::own, {}).has_value());
}

}  // namespace
}  // namespace lorasweep
