// SPDX-License-Identifier: Apache-2.0
// How a sweep is handed out to workers that take several candidates at a time.
#include "pipeline/run/cohorts.h"

#include "tests/pipeline/run/planned_sweep.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

namespace lorasweep {
namespace {

class Cohorts : public PlannedSweep {
 protected:
  using Round = Issued<EvaluateWork>;
  std::optional<Round> next(std::int32_t members) {
    return PlannedSweep::next<EvaluateWork>({.members = members, .predictions = 8});
  }
  using Searches = std::vector<std::pair<std::vector<std::int32_t>, std::int32_t>>;
  static Searches searches_of(const Round& round) {
    Searches searches;
    for (const Member& member : round.work.members) searches.emplace_back(member.adapters, member.example_set);
    return searches;
  }
};

TEST_F(Cohorts, TravelTogetherFromTheFirstEvaluationToTheLast) {
  experiment_->expect_workers(1);
  std::vector<Round> rounds;
  while (auto round = next(8)) rounds.push_back(*round);
  ASSERT_EQ(rounds.size(), 3u);  // 24 searches
  std::set<Searches> kinds;
  for (const Round& round : rounds) {
    EXPECT_EQ(round.work.members.size(), 8u);
    kinds.insert(searches_of(round));
  }
  for (int evaluation = 1; evaluation < 3; ++evaluation) {
    // They come back in another order, with other values: the searches part ways, the cohorts do not.
    std::ranges::reverse(rounds);
    std::vector<Round> again;
    for (const Round& round : rounds) {
      answer(round, 1 + 0.1 * static_cast<double>(round.unit % 3));
      const auto following = next(8);
      ASSERT_TRUE(following.has_value());
      EXPECT_TRUE(kinds.contains(searches_of(*following)));
      again.push_back(*following);
    }
    rounds = std::move(again);
  }
}

TEST_F(Cohorts, LeaveEveryWorkerAShareAndTwoUnitsOfIt) {
  experiment_->expect_workers(4);
  std::map<std::size_t, int> sizes;
  while (auto round = next(64)) ++sizes[round->work.members.size()];
  EXPECT_EQ(sizes, (std::map<std::size_t, int>{{3, 8}}));
}

TEST_F(Cohorts, AreSingleSearchesWhereAWorkerTakesOneCandidate) {
  experiment_->expect_workers(2);
  int rounds = 0;
  while (auto round = next(1)) {
    EXPECT_EQ(round->work.members.size(), 1u);
    ++rounds;
  }
  EXPECT_EQ(rounds, 24);
}

TEST(FormCohorts, HoldEverySearchOnceAndNoMoreThanAWorkerTakes) {
  std::vector<double> costs(135);
  std::iota(costs.begin(), costs.end(), 1.0);
  const auto cohorts = form_cohorts(costs, 64, 1);
  EXPECT_THAT(cohorts, testing::SizeIs(3));  // two would not hold 135
  std::set<std::uint32_t> searches;
  double least = 1e9, most = 0;
  for (const auto& cohort : cohorts) {
    EXPECT_LE(cohort.size(), 64u);
    searches.insert(cohort.begin(), cohort.end());
    double cost = 0;
    for (const std::uint32_t s : cohort) cost += costs[s];
    least = std::min(least, cost), most = std::max(most, cost);
  }
  EXPECT_THAT(searches, testing::SizeIs(135));
  EXPECT_LE(most, 1.05 * least);
}

TEST(FormCohorts, AreNoMoreThanThereAreSearches) {
  const std::vector<double> costs = {3, 1, 2};
  EXPECT_EQ(form_cohorts(costs, 64, 100), (std::vector<std::vector<std::uint32_t>>{{0}, {2}, {1}}));  // dearest first
  EXPECT_THAT(form_cohorts({}, 64, 100), testing::IsEmpty());
}

}  // namespace
}  // namespace lorasweep
