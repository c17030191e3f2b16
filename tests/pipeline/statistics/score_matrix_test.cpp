// SPDX-License-Identifier: Apache-2.0
// Scores, their means and their differences.
#include "pipeline/statistics/score_matrix.h"

#include "data/core/error.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace lorasweep {
namespace {

using testing::ElementsAre;

TEST(ScoreMatrix, HasTheMeanOfAllItsScores) {
  EXPECT_EQ(ScoreMatrix::correctness(2, 3, {1, 0, 1, 1, 0, 0}).mean(), 0.5);
  EXPECT_EQ(ScoreMatrix::correctness(1, 1, {1}).mean(), 1.0);
  EXPECT_EQ(ScoreMatrix::correctness(1, 3, {0, 0, 0}).mean(), 0.0);
}

TEST(ScoreMatrix, GivesEqualSharesOfDifferentNumbersTheSameBits) {
  std::vector<std::int8_t> thirty_percent(250, 0);
  std::fill_n(thirty_percent.begin(), 75, std::int8_t{1});
  EXPECT_EQ(ScoreMatrix::correctness(1, 250, thirty_percent).mean(),
            ScoreMatrix::correctness(1, 10, {1, 1, 1, 0, 0, 0, 0, 0, 0, 0}).mean());
}

TEST(ScoreMatrix, HasNoMeanWithoutScores) {
  EXPECT_FALSE(ScoreMatrix::correctness(0, 4, {}).mean().has_value());
  EXPECT_FALSE(ScoreMatrix::correctness(3, 0, {}).mean().has_value());
}

TEST(ScoreMatrix, AddsUpReplicatesExampleByExample) {
  EXPECT_THAT(ScoreMatrix::correctness(2, 3, {1, 0, 1, 1, 0, 0}).sums_over_replicates(), ElementsAre(2, 0, 1));
  EXPECT_THAT(ScoreMatrix::correctness(0, 2, {}).sums_over_replicates(), ElementsAre(0, 0));
}

TEST(ScoreMatrix, RefusesScoresThatAreNeitherRightNorWrong) {
  EXPECT_THROW(ScoreMatrix::correctness(1, 2, {0, -1}), InternalError) << "the results file's unknown";
  EXPECT_THROW(ScoreMatrix::correctness(1, 2, {2, 0}), InternalError);
}

TEST(ScoreMatrix, RefusesAnotherNumberOfScores) {
  EXPECT_THROW(ScoreMatrix::correctness(2, 2, {0, 1, 1}), InternalError);
  EXPECT_THROW(ScoreMatrix::correctness(0, 2, {0}), InternalError);
}

TEST(ScoreDifference, PairsExamplesAndReplicates) {
  const auto one = ScoreMatrix::correctness(2, 3, {1, 0, 1, 1, 0, 0});
  const auto other = ScoreMatrix::correctness(2, 3, {0, 0, 1, 1, 1, 0});
  const auto difference = ScoreMatrix::difference(one, other);
  EXPECT_THAT(difference.replicate(0), ElementsAre(1, 0, 0));
  EXPECT_THAT(difference.replicate(1), ElementsAre(0, -1, 0));
  EXPECT_EQ(difference.mean(), 0.0);
}

TEST(ScoreDifference, HoldsASingleReplicateAgainstEachOfTheOther) {
  const auto searches = ScoreMatrix::correctness(3, 2, {1, 0, 0, 0, 1, 1});
  const auto base = ScoreMatrix::correctness(1, 2, {1, 0});
  EXPECT_THAT(ScoreMatrix::difference(searches, base).sums_over_replicates(), ElementsAre(-1, 1));
  EXPECT_THAT(ScoreMatrix::difference(base, searches).sums_over_replicates(), ElementsAre(1, -1));
  EXPECT_TRUE(ScoreMatrix::difference(ScoreMatrix::correctness(0, 2, {}), base).empty());
}

TEST(ScoreDifference, RefusesWhatCannotBePaired) {
  const auto three = ScoreMatrix::correctness(3, 1, {1, 0, 0}), two = ScoreMatrix::correctness(2, 1, {1, 0});
  EXPECT_THROW(ScoreMatrix::difference(three, two), InternalError);
  EXPECT_THROW(ScoreMatrix::difference(two, ScoreMatrix::correctness(2, 2, {1, 0, 1, 0})), InternalError);
}

}  // namespace
}  // namespace lorasweep
