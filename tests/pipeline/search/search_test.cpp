// SPDX-License-Identifier: Apache-2.0
#include "pipeline/search/search.h"

#include "data/core/error.h"
#include "pipeline/search/make_optimizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace lorasweep {
namespace {

Search make(const std::string& method, std::size_t budget) {
  return {make_optimizer({.method = method, .dimension = 3, .budget = budget, .low = -1.5, .high = 1.5, .seed = 5}),
          budget};
}
double bowl(const Weights& w) {
  return std::accumulate(w.begin(), w.end(), 0.0, [](double sum, double x) { return sum + (x - 0.3) * (x - 0.3); });
}

TEST(Search, GivesOutExactlyItsBudgetAndEndsWithTheLowestObjective) {
  for (const std::string method : {"cobyla", "cma", "one-plus-one", "random"}) {
    Search search = make(method, 17);
    double lowest = std::numeric_limits<double>::infinity();
    std::size_t taken = 0;
    while (const auto step = search.take()) {
      const Weights weights = search.weights(*step);
      lowest = std::min(lowest, bowl(weights));
      search.record(*step, bowl(weights));
      ++taken;
    }
    EXPECT_EQ(taken, 17u) << method;
    EXPECT_TRUE(search.finished());
    EXPECT_EQ(search.best()->objective, lowest);
  }
}

TEST(Search, ResultsMayArriveInAnyOrderWithoutChangingWhatIsAskedNext) {
  Search forward = make("cma", 20), backward = make("cma", 20);
  while (!forward.finished()) {
    std::vector<std::size_t> steps;
    while (const auto step = forward.take()) steps.push_back(*step);
    for (const std::size_t step : steps) EXPECT_EQ(backward.take(), step);
    for (const std::size_t step : steps) forward.record(step, bowl(forward.weights(step)));
    std::reverse(steps.begin(), steps.end());
    for (const std::size_t step : steps) backward.record(step, bowl(backward.weights(step)));
  }
  for (std::size_t step = 0; step < 20; ++step) EXPECT_EQ(forward.weights(step), backward.weights(step));
}

TEST(Search, IsRebuiltFromItsRecordsAndGoesOnWhereItWas) {
  Search whole = make("cobyla", 30), again = make("cobyla", 30);
  std::vector<Weights> asked;
  while (const auto step = whole.take()) {
    asked.push_back(whole.weights(*step));
    whole.record(*step, bowl(asked.back()));
  }
  for (std::size_t step = 0; step < 13; ++step) ASSERT_TRUE(again.replay(step, asked[step], bowl(asked[step])));
  for (std::size_t step = 13; step < 30; ++step) {
    EXPECT_EQ(again.take(), step);
    EXPECT_EQ(again.weights(step), asked[step]);
    again.record(step, bowl(asked[step]));
  }
  EXPECT_FALSE(again.take());
}

TEST(Search, RefusesRecordsThatItWouldNotHaveAskedFor) {
  Search search = make("cobyla", 10);
  EXPECT_FALSE(search.replay(0, {0.1, 0, 0}, 1.0)) << "other weights";
  EXPECT_FALSE(search.replay(4, {0, 0, 0}, 1.0)) << "a step before its time";
  EXPECT_TRUE(search.replay(0, {0, 0, 0}, 1.0));
  EXPECT_FALSE(search.replay(0, {0, 0, 0}, 1.0)) << "twice";
}

TEST(Search, TakesObjectivesOnlyOfStepsThatAreOut) {
  Search search = make("random", 4);
  EXPECT_THROW(search.record(0, 1.0), InternalError) << "asked for nothing yet";
  const std::size_t step = *search.take();
  search.record(step, 1.0);
  EXPECT_THROW(search.record(step, 1.0), InternalError) << "twice";
  EXPECT_EQ(search.recorded(), 1u);
}

TEST(Search, AnObjectiveThatIsNotFiniteIsNeverTheBest) {
  Search search = make("random", 4);
  for (const double objective : {std::nan(""), 2.0, std::numeric_limits<double>::infinity(), 2.0}) {
    const auto step = search.take();
    search.record(*step, objective);
  }
  EXPECT_EQ(search.best()->step, 1u) << "the earliest of equal ones";
  Search hopeless = make("random", 2);
  while (const auto step = hopeless.take()) hopeless.record(*step, std::nan(""));
  EXPECT_FALSE(hopeless.best());
}

}  // namespace
}  // namespace lorasweep
