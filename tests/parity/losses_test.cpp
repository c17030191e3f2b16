// SPDX-License-Identifier: Apache-2.0
// Objectives of random and special weights against LoraHub's, for every recorded vector.
#include "pipeline/search/objective.h"
#include "tests/testing/oracle.h"

#include <gtest/gtest.h>

#include <cmath>

namespace lorasweep {
namespace {

// The reference cuts the shots into batches, adds the batches' mean losses and divides by the number of shots.
double batched_loss(std::span<const double> nll, std::span<const std::int32_t> tokens, std::size_t batch) {
  double sum = 0;
  for (std::size_t first = 0; first < nll.size(); first += batch) {
    const std::size_t count = std::min(batch, nll.size() - first);
    // few_shot_loss divides by the shots of its own batch; undo that
    sum += few_shot_loss(Reduction::lorahub, nll.subspan(first, count), tokens.subspan(first, count)) * static_cast<double>(count);
  }
  return sum / static_cast<double>(nll.size());
}

TEST(Losses, AreThoseOfTheReferenceForEveryRecordedVector) {
  int compared = 0;
  for (const auto& group : oracle::golden_json("losses.json")) {
    Catalogue catalogue{.examples = {}, .example_sets = {{}}, .adapter_sets = {oracle::adapter_set(group.at("modules"))}};
    std::vector<std::int32_t> tokens;
    for (std::size_t i = 0; i < group.at("inputs").size(); ++i) {
      catalogue.examples.push_back(oracle::example(group.at("inputs")[i], group.at("targets")[i]));
      catalogue.example_sets[0].push_back(static_cast<std::int32_t>(i));
      tokens.push_back(static_cast<std::int32_t>(catalogue.examples.back().target.size()));
    }
    const std::size_t batch = group.at("batch_size").is_null() ? tokens.size() : group.at("batch_size").get<std::size_t>();
    const auto engine = oracle::engine(catalogue);
    for (const auto& vector : group.at("vectors")) {
      const auto weights = vector.at("weights").get<std::vector<double>>();
      const auto nll = oracle::evaluate(*engine, {{0, 0, weights}})[0];
      const double loss = vector.at("loss"), metric = vector.at("metric");
      const std::string what = group.at("task").get<std::string>() + " " + vector.at("kind").get<std::string>();
      const double got = batched_loss(nll, tokens, batch);
      EXPECT_NEAR(got, loss, 1e-5 * std::abs(loss) + 1e-6) << what;
      EXPECT_NEAR(l1_regularizer(weights, 0.05), vector.at("reg").get<double>(), 1e-9) << what;
      EXPECT_NEAR(got + l1_regularizer(weights, 0.05), metric, 1e-5 * std::abs(metric) + 1e-6) << what;
      ++compared;
    }
  }
  EXPECT_GE(compared, 200);
}

}  // namespace
}  // namespace lorasweep
