// SPDX-License-Identifier: Apache-2.0
// Names, choices left open, and refusals.
#include "pipeline/search/make_optimizer.h"

#include "data/core/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace lorasweep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string refusal(const OptimizerOptions& options) {
  try {
    make_optimizer(options);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(MakeOptimizer, NamesItsMethods) {
  const auto names = optimizer_names();
  EXPECT_THAT(std::vector(names.begin(), names.end()),
              ElementsAre("cobyla", "auto", "cma", "sep-cma", "probe", "greedy", "one-plus-one", "random"));
}

TEST(MakeOptimizer, ChoosesTheTutorialsPopulationForCma) {
  const auto optimizer = make_optimizer({.method = "cma", .dimension = 20, .budget = 100});
  EXPECT_EQ(optimizer->ask(100).size(), 1u + 12u);  // w = 0 and the first generation
}

TEST(MakeOptimizer, ChoosesThePopulationOfCmaForSeparableCma) {
  EXPECT_EQ(make_optimizer({.method = "sep-cma", .dimension = 400, .budget = 100})->ask(100).size(), 1u + 21u);
}

TEST(MakeOptimizer, TakesThePopulationGiven) {
  EXPECT_EQ(make_optimizer({.method = "cma", .dimension = 3, .budget = 100, .population = 30})->ask(100).size(), 31u);
  EXPECT_EQ(make_optimizer({.method = "random", .dimension = 3, .budget = 100, .population = 30})->ask(100).size(),
            30u);
  const auto probe = make_optimizer({.method = "probe", .dimension = 40, .budget = 100, .population = 16});
  ASSERT_EQ(probe->ask(100).size(), 1u + 40u);
  probe->tell(std::vector<double>(41, 1.0));
  EXPECT_EQ(probe->ask(100).size(), 16u);
}

TEST(MakeOptimizer, RefusesAnUnknownMethodAndNamesTheKnown) {
  const std::string what = refusal({.method = "simplex", .dimension = 3, .budget = 4});
  EXPECT_THAT(what, HasSubstr("simplex"));
  for (const std::string_view name : optimizer_names()) EXPECT_THAT(what, HasSubstr(std::string(name)));
}

TEST(MakeOptimizer, RefusesImpossibleSizes) {
  EXPECT_THAT(refusal({.dimension = 0, .budget = 4}), HasSubstr("0 weights"));
  EXPECT_THAT(refusal({.dimension = 1'000'000, .budget = 4}), HasSubstr("1000000 weights"));
  EXPECT_THAT(refusal({.dimension = 3, .budget = 0}), HasSubstr("search.budget"));
  EXPECT_THAT(refusal({.method = "cobyla", .dimension = 3, .budget = 4, .population = 8}),
              HasSubstr("search.population"));
  for (const std::string method : {"cma", "sep-cma", "probe"})
    EXPECT_THAT(refusal({.method = method, .dimension = 3, .budget = 4, .population = 1}),
                HasSubstr("search.population"));
  EXPECT_THAT(refusal({.method = "greedy", .dimension = 3, .budget = 4, .population = 8}),
              HasSubstr("search.population"));
  EXPECT_THAT(refusal({.method = "random", .dimension = 3, .budget = 4, .population = 1'000'000'000}),
              HasSubstr("search.population"));
}

TEST(MakeOptimizer, RefusesBoundsWithoutZeroInside) {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const auto& [low, high] : std::vector<std::pair<double, double>>{
           {0.1, 1}, {-1, -0.1}, {1, -1}, {0, 0}, {-infinity, 1}, {-1, std::nan("")}, {-1e308, 1e308}}) {
    EXPECT_THAT(refusal({.dimension = 3, .budget = 4, .low = low, .high = high}), HasSubstr("search.bounds"))
        << low << " " << high;
  }
}

}  // namespace
}  // namespace lorasweep
