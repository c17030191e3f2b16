// SPDX-License-Identifier: Apache-2.0
// COBYLA against recorded runs of nevergrad with SciPy, alone and within the reference.
#include "pipeline/search/cobyla.h"

#include "tests/pipeline/search/minimise.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

nlohmann::json read_json(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot open " + path);
  return nlohmann::json::parse(file);
}

nlohmann::json reference_runs() {
  return read_json(std::string(LORASWEEP_GOLDEN_DIR) + "/oracle/lorahub_runs.json")["runs"];
}

/// The points asked when each is answered with the recorded objective.
std::vector<Weights> replay(std::size_t dimension, SearchBox box, const std::vector<double>& objectives) {
  ReverseCommunication optimizer(cobyla(dimension, box), objectives.size());
  auto next = objectives.begin();
  return minimise(
             optimizer, [&](const Weights&) { return *next++; }, 1)
      .points;
}

double distance(const Weights& a, const Weights& b) {
  double greatest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) greatest = std::max(greatest, std::abs(a[i] - b[i]));
  return greatest;
}

/// The function of docs/search.md.
double shifted_quadratic(const Weights& w) {
  const double n = static_cast<double>(w.size());
  double square = 0, coupling = 0, absolute = 0;
  for (std::size_t i = 0; i < w.size(); ++i) {
    const double target = static_cast<double>((7 * i) % 20) / 20 * 1.5 - 0.6;
    square += (1 + static_cast<double>(i) / 20) * (w[i] - target) * (w[i] - target);
    absolute += std::abs(w[i]);
    if (i > 0) coupling += w[i - 1] * w[i];
  }
  return square / n + 0.3 * coupling / (n - 1) + 0.05 * absolute / n;
}

TEST(Cobyla, ReachesTheFortyObjectivesOfNevergradsNgopt) {
  const std::vector<double> expected = {0.298969, 0.342719, 0.317281, 0.289219, 0.338979, 0.305469, 0.273281, 0.323979,
                                        0.286344, 0.250031, 0.300541, 0.258781, 0.218344, 0.267541, 0.221656, 0.177094,
                                        0.223854, 0.173844, 0.125854, 0.169051, 0.114916, 0.054665, 0.070136, 0.056043,
                                        0.069117, 0.059910, 0.059061, 0.062624, 0.065501, 0.064079, 0.064020, 0.064918,
                                        0.058301, 0.061511, 0.056709, 0.068783, 0.062458, 0.072730, 0.055776, 0.049886};
  ReverseCommunication optimizer(cobyla(20, {}), 40);
  const Trace trace = minimise(optimizer, shifted_quadratic, 1);
  ASSERT_EQ(trace.objectives.size(), 40u);
  for (std::size_t i = 0; i < 40; ++i) EXPECT_NEAR(trace.objectives[i], expected[i], 1e-6) << "evaluation " << i + 1;
}

TEST(Cobyla, AsksWhatNevergradAskedThroughRestartsAndTies) {
  const auto recorded = read_json(LORASWEEP_SEARCH_GOLDEN_DIR "/cobyla_traces.json");
  ASSERT_EQ(recorded["cases"].size(), 6u);
  for (const auto& trace : recorded["cases"]) {
    SCOPED_TRACE(trace["function"].get<std::string>() + " in " + trace["dimension"].dump() + " dimensions");
    const auto expected = trace["points"].get<std::vector<Weights>>();
    const auto points = replay(trace["dimension"], {.low = trace["low"], .high = trace["high"]}, trace["objectives"]);
    ASSERT_EQ(points.size(), expected.size());
    for (std::size_t i = 0; i < points.size(); ++i) {
      ASSERT_LT(distance(points[i], expected[i]), 1e-11) << "evaluation " << i + 1;
    }
  }
}

TEST(Cobyla, AsksWhatTheReferenceAskedInAllFortyEvaluations) {
  int traced = 0;
  for (const auto& run : reference_runs()) {
    if (run["trace_weights"].is_null()) continue;
    ++traced;
    SCOPED_TRACE(run["task"].get<std::string>() + " seed " + run["seed"].dump());
    const auto expected = run["trace_weights"].get<std::vector<Weights>>();  // 9 decimals
    const auto points = replay(expected.at(0).size(), {}, run["trace_metric"]);
    ASSERT_EQ(points.size(), 40u);
    for (std::size_t i = 0; i < 40; ++i) ASSERT_LT(distance(points[i], expected[i]), 1e-9) << "evaluation " << i + 1;
  }
  EXPECT_EQ(traced, 16);
}

TEST(Cobyla, FindsTheWeightsThatTheReferenceRecommended) {
  const auto runs = reference_runs();
  EXPECT_EQ(runs.size(), 40u);
  for (const auto& run : runs) {
    const auto objectives = run["trace_metric"].get<std::vector<double>>();
    const auto points = replay(run["weights"].size(), {}, objectives);
    const auto best = std::ranges::min_element(objectives) - objectives.begin();
    EXPECT_LT(distance(points[static_cast<std::size_t>(best)], run["weights"].get<Weights>()), 1e-12)
        << run["task"] << " seed " << run["seed"];
  }
}

TEST(Cobyla, ProbesEachCoordinateByASixthOfTheBoxFromTheBestPoint) {
  ReverseCommunication optimizer(cobyla(3, {.low = -1.2, .high = 1.8}), 4);
  const std::vector<double> objectives = {1, 2, 0, 3};  // only the second coordinate helps
  auto next = objectives.begin();
  const Trace trace = minimise(
      optimizer, [&](const Weights&) { return *next++; }, 1);
  EXPECT_EQ(trace.points, (std::vector<Weights>{{0, 0, 0}, {0.5, 0, 0}, {0, 0.5, 0}, {0, 0.5, 0.5}}));
}

TEST(Cobyla, KeepsTheOldPointWhereAProbeTies) {
  ReverseCommunication optimizer(cobyla(2, {}), 3);
  const Trace trace = minimise(
      optimizer, [](const Weights&) { return 1.0; }, 1);
  EXPECT_EQ(trace.points, (std::vector<Weights>{{0, 0}, {0.5, 0}, {0, 0.5}}));
}

}  // namespace
}  // namespace lorasweep
