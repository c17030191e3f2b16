// SPDX-License-Identifier: Apache-2.0
// What holds for every method, dimension and budget.
#include "pipeline/search/make_optimizer.h"
#include "tests/pipeline/search/minimise.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace lorasweep {
namespace {

/// A bowl whose lowest point lies outside the box for some weights.
double bowl(const Weights& w) {
  double sum = 0;
  for (std::size_t i = 0; i < w.size(); ++i) {
    const double target = 2 * std::cos(static_cast<double>(3 * i + 1));
    sum += (w[i] - target) * (w[i] - target);
  }
  return sum;
}

/// Mostly unusable.
double treacherous(const Weights& w) {
  const double value = bowl(w);
  if (w[0] > 0.4) return std::nan("");
  if (w[0] < -0.4) return std::numeric_limits<double>::infinity();
  return value > 8 ? 1e30 : value;
}

class EveryMethod : public testing::TestWithParam<std::string> {
 protected:
  OptimizerOptions options(std::size_t dimension, std::size_t budget) const {
    return {.method = GetParam(), .dimension = dimension, .budget = budget, .seed = 3, .stream = 11};
  }
  Trace run(const OptimizerOptions& options, const Objective& objective, std::size_t piece = 1000) const {
    return minimise(*make_optimizer(options), objective, piece);
  }
};

TEST_P(EveryMethod, ProposesExactlyItsBudget) {
  for (std::size_t dimension = 1; dimension <= 25; ++dimension) {
    for (std::size_t budget = 1; budget <= 100; ++budget) {
      const Trace trace = run(options(dimension, budget), bowl);
      ASSERT_EQ(trace.points.size(), budget) << dimension << " dimensions";
      for (const Weights& point : trace.points) ASSERT_EQ(point.size(), dimension);
    }
  }
}

TEST_P(EveryMethod, StartsAtZeroAndStaysInTheBox) {
  for (const std::size_t dimension : {1u, 2u, 7u, 20u}) {
    for (const auto& [low, high] : {std::pair{-1.5, 1.5}, {-0.1, 2.0}, {0.0, 1.0}, {-3.0, 0.0}}) {
      OptimizerOptions boxed = options(dimension, 150);
      boxed.low = low;
      boxed.high = high;
      const Trace trace = run(boxed, bowl);
      EXPECT_EQ(trace.points.front(), Weights(dimension, 0.0));
      for (const Weights& point : trace.points) {
        for (const double weight : point) ASSERT_TRUE(weight >= low && weight <= high) << weight;
      }
    }
  }
}

TEST_P(EveryMethod, AskedInPiecesProposesTheSame) {
  for (const std::size_t dimension : {1u, 5u, 20u}) {
    const Trace whole = run(options(dimension, 97), bowl);
    for (const std::size_t piece : {1u, 2u, 5u, 13u}) EXPECT_EQ(run(options(dimension, 97), bowl, piece), whole);
  }
}

TEST_P(EveryMethod, ToldInPiecesProposesTheSame) {
  const Trace whole = run(options(6, 60), bowl);
  const auto optimizer = make_optimizer(options(6, 60));
  std::vector<Weights> points;
  while (true) {
    const auto asked = optimizer->ask(1000);
    if (asked.empty()) break;
    for (const Weights& point : asked) optimizer->tell(std::vector{bowl(point)});
    points.insert(points.end(), asked.begin(), asked.end());
  }
  EXPECT_EQ(points, whole.points);
}

TEST_P(EveryMethod, ContinuesFromAReplayAsIfNeverInterrupted) {
  const Trace whole = run(options(8, 80), treacherous);
  for (const std::size_t done : {0u, 1u, 8u, 9u, 40u, 79u, 80u}) {
    auto recorded = whole.objectives.begin();
    const auto journal_end = recorded + static_cast<std::ptrdiff_t>(done);
    const Trace resumed = run(
        options(8, 80), [&](const Weights& w) { return recorded != journal_end ? *recorded++ : treacherous(w); }, 1);
    EXPECT_EQ(resumed.points, whole.points) << done << " evaluations in the journal";
  }
}

TEST_P(EveryMethod, SurvivesUnusableObjectives) {
  const Objective useless = [](const Weights&) { return std::nan(""); };
  const Objective flat = [](const Weights&) { return 0.0; };
  for (const std::size_t dimension : {1u, 3u, 20u}) {
    for (const Objective& objective : {Objective(treacherous), useless, flat}) {
      const Trace trace = run(options(dimension, 3000), objective);
      ASSERT_EQ(trace.points.size(), 3000u);
      for (const Weights& point : trace.points) {
        for (const double weight : point) ASSERT_LE(std::abs(weight), 1.5);  // not NaN, either
      }
    }
  }
}

TEST_P(EveryMethod, SeparatesSeedsAndStreamsIfItIsRandom) {
  OptimizerOptions other_seed = options(4, 30), other_stream = options(4, 30);
  other_seed.seed = 4;
  other_stream.stream = 12;
  const Trace trace = run(options(4, 30), bowl);
  const bool random = draws_random_numbers(GetParam());
  EXPECT_EQ(run(other_seed, bowl) != trace, random);
  EXPECT_EQ(run(other_stream, bowl) != trace, random);
}

INSTANTIATE_TEST_SUITE_P(Methods, EveryMethod,
                         testing::ValuesIn(std::vector<std::string>(optimizer_names().begin(),
                                                                    optimizer_names().end())),
                         [](const auto& method) {
                           std::string name = method.param;
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace lorasweep
