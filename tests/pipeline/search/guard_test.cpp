// SPDX-License-Identifier: Apache-2.0
// Who answers for a search, against numpy (tests/golden/make/make_guard.py) and by hand.
#include "pipeline/search/guard.h"

#include "data/core/error.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

using Counts = std::vector<std::int32_t>;
using Losses = std::vector<std::vector<double>>;

constexpr double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();

double number(const nlohmann::json& value) {
  return value.is_string() ? std::stod(value.get_ref<const std::string&>()) : value.get<double>();
}

Losses losses_of(const nlohmann::json& rows) {
  Losses losses;
  for (const auto& row : rows) {
    losses.emplace_back();
    for (const auto& value : row) losses.back().push_back(number(value));
  }
  return losses;
}

std::vector<Tried> tried(const Losses& losses, const std::vector<double>& regularizers = {}) {
  std::vector<Tried> all;
  for (std::size_t i = 0; i < losses.size(); ++i)
    all.push_back({losses[i], regularizers.empty() ? 0 : regularizers[i]});
  return all;
}

void expect_loss(double found, double expected, std::size_t number_of_case) {
  if (std::isfinite(expected))
    EXPECT_NEAR(found, expected, 1e-12 * std::abs(expected)) << "case " << number_of_case;
  else
    EXPECT_FALSE(std::isfinite(found)) << "case " << number_of_case;
}

TEST(Guard, IsAsNumpyHasIt) {
  std::ifstream file(std::string(LORASWEEP_GOLDEN_DIR) + "/guard/guard.json");
  const std::map<std::string, Reduction> reductions = {{"lorahub", Reduction::lorahub},
                                                       {"token_mean", Reduction::token_mean},
                                                       {"example_mean", Reduction::example_mean}};
  std::map<std::string, int> verdicts;
  const nlohmann::json cases = nlohmann::json::parse(file).at("cases");
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const auto& c = cases[i];
    const Losses evaluations = losses_of(c.at("nll")), singles = losses_of(c.at("singles"));
    const std::vector<double> regularizers = c.at("regularizer");
    const Counts tokens = c.at("tokens");
    const Guarded found = guard(reductions.at(c.at("reduction")), c.at("ratio"), tried(evaluations, regularizers),
                                tried(singles), tokens);
    expect_loss(found.losses.mixture, number(c.at("mixture")), i);
    expect_loss(found.losses.base, number(c.at("base")), i);
    expect_loss(found.losses.best_single, number(c.at("best_single")), i);
    EXPECT_EQ(name_of(found.verdict), c.at("verdict").get<std::string>()) << "case " << i;
    ++verdicts[name_of(found.verdict)];
  }
  EXPECT_EQ(verdicts.size(), 3u) << "every verdict is among the cases";
}

// By hand, token_mean with one token a shot. Without shot 0, the second is best (3) and has 9 there; without shot 1,
// the first (1) and has 4 there.
TEST(Guard, JudgesEachShotByWhatIsBestOnTheOthers) {
  const Losses two = {{1, 4}, {9, 3}};
  const Counts tokens = {1, 1};
  EXPECT_DOUBLE_EQ(leave_one_out_loss(Reduction::token_mean, tried(two), tokens), (9.0 + 4.0) / 2);
  EXPECT_DOUBLE_EQ(leave_one_out_loss(Reduction::lorahub, tried(two), tokens), (9.0 + 4.0) / 4);
  EXPECT_DOUBLE_EQ(leave_one_out_loss(Reduction::token_mean, tried(two, {0.0, 2.0}), tokens), (1.0 + 4.0) / 2)
      << "objectives decide, the regularizer with them";
}

TEST(Guard, TakesTheFirstOfEqualCandidatesAndNoneThatIsNotFinite) {
  const Counts tokens = {1, 1};
  EXPECT_DOUBLE_EQ(leave_one_out_loss(Reduction::token_mean, tried({{1, 5}, {2, 5}, {3, 9}}), tokens), (1.0 + 5.0) / 2);
  EXPECT_DOUBLE_EQ(leave_one_out_loss(Reduction::token_mean, tried({{nan, -infinity}, {2, 5}}), tokens), 3.5);
  EXPECT_TRUE(std::isnan(leave_one_out_loss(Reduction::token_mean, tried({{nan, 1}, {nan, 5}}), tokens)));
  EXPECT_TRUE(std::isnan(leave_one_out_loss(Reduction::token_mean, {}, tokens)));
}

TEST(Guard, NeedsTwoShots) {
  EXPECT_THROW(leave_one_out_loss(Reduction::token_mean, tried({{1}}), Counts{1}), InternalError);
}

TEST(Guard, LetsTheMixtureAnswerUpToTheRatio) {
  EXPECT_EQ(verdict({.mixture = 1.0, .base = 2.0}, 0.5), GuardVerdict::mixture);
  EXPECT_EQ(verdict({.mixture = std::nextafter(1.0, 2.0), .base = 2.0}, 0.5), GuardVerdict::base);
  EXPECT_EQ(verdict({.mixture = 1.0, .base = infinity}, 0.5), GuardVerdict::mixture);
  EXPECT_EQ(verdict({.mixture = 1.0, .base = nan}, 0.5), GuardVerdict::mixture);
  EXPECT_EQ(verdict({.mixture = nan, .base = 2.0}, 0.5), GuardVerdict::base);
}

TEST(Guard, AsksTheBetterOfBaseAndBestSingleOtherwise) {
  EXPECT_EQ(verdict({.mixture = 1.9, .base = 2.0, .best_single = 1.99}, 0.5), GuardVerdict::best_single);
  EXPECT_EQ(verdict({.mixture = 1.9, .base = 2.0, .best_single = 2.0}, 0.5), GuardVerdict::base) << "a tie";
  EXPECT_EQ(verdict({.mixture = 1.9, .base = 2.0, .best_single = infinity}, 0.5), GuardVerdict::base);
  EXPECT_EQ(verdict({.mixture = nan, .base = nan, .best_single = 5.0}, 0.5), GuardVerdict::best_single);
}

}  // namespace
}  // namespace lorasweep
