// SPDX-License-Identifier: Apache-2.0
// The objective against the reference's recorded losses.
#include "pipeline/search/objective.h"

#include "data/core/error.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

using Counts = std::vector<std::int32_t>;

nlohmann::json golden(const std::string& name) {
  std::ifstream file(std::string(LORASWEEP_GOLDEN_DIR) + "/oracle/" + name);
  return nlohmann::json::parse(file);
}

TEST(FewShotLoss, IsTheReferencesBatchLoss) {
  int batches = 0;
  for (const auto& batch : golden("forward_base.json")) {
    const Counts tokens = batch["label_tokens"];
    std::vector<double> nll = batch["per_example_loss"];  // means
    double mean = 0;
    for (std::size_t i = 0; i < nll.size(); ++i) mean += nll[i] / static_cast<double>(nll.size());
    for (std::size_t i = 0; i < nll.size(); ++i) nll[i] *= tokens[i];
    const double expected = batch["batch_loss"];
    const double tolerance = 2e-6 + 1e-5 * expected;
    EXPECT_NEAR(few_shot_loss(Reduction::token_mean, nll, tokens), expected, tolerance) << batch["name"];
    EXPECT_NEAR(few_shot_loss(Reduction::lorahub, nll, tokens), expected / static_cast<double>(nll.size()), tolerance);
    EXPECT_NEAR(few_shot_loss(Reduction::example_mean, nll, tokens), mean, 1e-12);
    ++batches;
  }
  EXPECT_GE(batches, 5);
}

TEST(FewShotLoss, WeighsShotsByTheReductionAsked) {
  const std::vector<double> nll = {6, 1};
  const Counts tokens = {3, 1};
  EXPECT_DOUBLE_EQ(few_shot_loss(Reduction::token_mean, nll, tokens), 7.0 / 4);
  EXPECT_DOUBLE_EQ(few_shot_loss(Reduction::lorahub, nll, tokens), 7.0 / 8);
  EXPECT_DOUBLE_EQ(few_shot_loss(Reduction::example_mean, nll, tokens), 1.5);
}

TEST(FewShotLoss, LetsWhatIsNotFiniteThrough) {
  const Counts tokens = {1, 1};
  EXPECT_TRUE(std::isnan(few_shot_loss(Reduction::lorahub, std::vector{1.0, std::nan("")}, tokens)));
  EXPECT_TRUE(std::isinf(few_shot_loss(Reduction::lorahub, std::vector{1.0, HUGE_VAL}, tokens)));
}

TEST(FewShotLoss, RefusesShotsItCannotAverage) {
  EXPECT_THROW(few_shot_loss(Reduction::lorahub, {}, {}), InternalError);
  EXPECT_THROW(few_shot_loss(Reduction::lorahub, std::vector{1.0}, Counts{1, 1}), InternalError);
  EXPECT_THROW(few_shot_loss(Reduction::example_mean, std::vector{1.0}, Counts{0}), InternalError);
}

TEST(L1Regularizer, IsTheReferences) {
  int vectors = 0;
  for (const auto& group : golden("losses.json")) {
    for (const auto& vector : group["vectors"]) {
      const double term = l1_regularizer(vector["weights"].get<std::vector<double>>(), 0.05);
      EXPECT_NEAR(term, vector["reg"].get<double>(), 1e-12);
      EXPECT_NEAR(vector["loss"].get<double>() + term, vector["metric"].get<double>(), 1e-12);
      ++vectors;
    }
  }
  EXPECT_GT(vectors, 40);
}

TEST(L1Regularizer, OfNoWeightsIsZero) { EXPECT_EQ(l1_regularizer({}, 0.05), 0); }

TEST(FiniteObjective, ReplacesOnlyWhatIsNotFiniteOrTooLarge) {
  EXPECT_EQ(finite_objective(-3.5), -3.5);
  EXPECT_EQ(finite_objective(penalty_objective), penalty_objective);
  EXPECT_EQ(finite_objective(1e300), penalty_objective);
  EXPECT_EQ(finite_objective(std::nan("")), penalty_objective);
  EXPECT_EQ(finite_objective(-std::numeric_limits<double>::infinity()), penalty_objective);
}

TEST(BestStep, IsTheLowestAndTheEarliestOnATieInWhateverOrderTheyCome) {
  const std::vector<std::pair<std::size_t, double>> candidates = {{0, 3.0}, {1, 2.0}, {2, 2.0}, {3, 4.0}};
  for (const bool backwards : {false, true}) {
    BestStep best;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const auto& [step, objective] = candidates[backwards ? candidates.size() - 1 - i : i];
      best.consider(step, objective);
    }
    ASSERT_TRUE(best.best().has_value());
    EXPECT_EQ(best.best()->step, 1u);
    EXPECT_EQ(best.best()->objective, 2.0);
  }
}

TEST(BestStep, IsNeverOneThatIsNotFinite) {
  BestStep best;
  for (const double objective :
       {std::nan(""), std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()})
    best.consider(0, objective);
  EXPECT_FALSE(best.best().has_value());
  best.consider(1, 1e300);
  EXPECT_EQ(best.best()->step, 1u) << "large is finite";
}

}  // namespace
}  // namespace lorasweep
