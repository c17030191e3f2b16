// SPDX-License-Identifier: Apache-2.0
#include "pipeline/search/rounds.h"

#include "data/core/error.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

// Lowest at 0.3, -0.6, 0.9, -1.2, ...
double distance(const Weights& point) {
  double sum = 0;
  for (std::size_t i = 0; i < point.size(); ++i) {
    const double target = 0.3 * static_cast<double>(i % 4 + 1) * (i % 2 == 0 ? 1 : -1);
    sum += (point[i] - target) * (point[i] - target);
  }
  return sum;
}

RoundsOptions options(const std::string& method, std::size_t rounds) {
  return {.search = {.method = method, .dimension = 12, .budget = 61, .seed = 4, .stream = 2},
          .adapters = 6,
          .rounds = rounds};
}

struct Trace {
  std::vector<Weights> points;
  std::vector<double> objectives;
};

template <typename Objective>
Trace traced(const RoundsOptions& options, std::size_t at_once, Objective objective) {
  const auto optimizer = make_rounds(options);
  Trace trace;
  while (trace.points.size() < options.search.budget) {
    std::vector<Weights> points = optimizer->ask(std::min(at_once, options.search.budget - trace.points.size()));
    if (points.empty()) break;
    std::vector<double> objectives;
    for (const Weights& point : points) objectives.push_back(objective(point));
    optimizer->tell(objectives);
    trace.points.insert(trace.points.end(), points.begin(), points.end());
    trace.objectives.insert(trace.objectives.end(), objectives.begin(), objectives.end());
  }
  EXPECT_TRUE(optimizer->ask(1).empty()) << "beyond the budget";
  return trace;
}

const std::vector<std::string> all_methods = {"cobyla", "cma", "one-plus-one", "random"};

TEST(Rounds, OneIsTheMethodItself) {
  for (const std::string& method : all_methods) {
    const auto own = make_optimizer(options(method, 1).search), one = make_rounds(options(method, 1));
    for (int step = 0; step < 20; ++step) {
      const auto a = own->ask(1), b = one->ask(1);
      ASSERT_EQ(a, b) << method;
      const double objective = distance(a.front());
      own->tell({&objective, 1});
      one->tell({&objective, 1});
    }
  }
}

// 61 evaluations in three rounds: 20, 20 and 21; two of the six adapters each, in two places.
TEST(Rounds, SearchTheirOwnNumbersAndKeepWhatEarlierOnesFound) {
  for (const std::string& method : all_methods) {
    const Trace trace = traced(options(method, 3), 1, distance);
    ASSERT_EQ(trace.points.size(), 61u) << method;
    Weights kept(12, 0.0);
    double lowest = std::numeric_limits<double>::infinity();
    for (std::size_t step = 0; step < trace.points.size(); ++step) {
      const std::size_t round = step < 20 ? 0 : step < 40 ? 1 : 2;
      for (std::size_t i = 0; i < 12; ++i) {
        if (i < 4 * round) {
          EXPECT_EQ(trace.points[step][i], kept[i]) << method << " step " << step << " number " << i;
        }
        if (i >= 4 * (round + 1)) {
          EXPECT_EQ(trace.points[step][i], 0.0) << method << " step " << step << " number " << i;
        }
      }
      if (step == 20 || step == 40) {
        EXPECT_NE(trace.points[step], kept) << method << ": what is known already is not evaluated again";
      }
      if (trace.objectives[step] < lowest) lowest = trace.objectives[step];
      if (step == 19 || step == 39)
        kept = trace.points[std::min_element(trace.objectives.begin(), trace.objectives.begin() + step + 1) -
                            trace.objectives.begin()];
    }
    EXPECT_LT(lowest, distance(Weights(12, 0.0))) << method;
  }
}

TEST(Rounds, AskTheSamePointsInPiecesAndAtOnce) {
  for (const std::string& method : all_methods) {
    const Trace one = traced(options(method, 3), 1, distance), many = traced(options(method, 3), 64, distance);
    EXPECT_EQ(one.points, many.points) << method;
  }
}

TEST(Rounds, DrawOtherNumbersInEachRound) {
  const Trace trace = traced(options("random", 3), 64, [](const Weights&) { return 1.0; });
  const Weights first(trace.points[1].begin(), trace.points[1].begin() + 4),
      second(trace.points[20].begin() + 4, trace.points[20].begin() + 8);
  EXPECT_NE(first, second);
}

TEST(Rounds, KeepNothingOfARoundWithoutAFiniteObjective) {
  const Trace trace = traced(options("cobyla", 3), 1, [step = 0](const Weights& point) mutable {
    return ++step <= 20 ? std::numeric_limits<double>::quiet_NaN() : distance(point);
  });
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(trace.points[30][i], 0.0);
  ASSERT_EQ(trace.points.size(), 61u);
}

TEST(Rounds, RefuseMoreRoundsThanAdaptersOrEvaluations) {
  RoundsOptions many = options("cobyla", 7);
  EXPECT_THROW(make_rounds(many), ConfigError);
  many = options("cobyla", 3);
  many.search.budget = 2;
  EXPECT_THROW(make_rounds(many), ConfigError);
}

}  // namespace
}  // namespace lorasweep
