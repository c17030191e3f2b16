// SPDX-License-Identifier: Apache-2.0
// Whole searches and predictions in f32 against the reference's own forty runs.
#include "tests/parity/reference_runs.h"

#include <gtest/gtest.h>

#include <cmath>
#include <iostream>

namespace lorasweep {
namespace {

// Evaluations 1 to 21 build the simplex: which of two objectives is smaller. Afterwards rounding may be amplified.
constexpr std::size_t simplex_evaluations = reference_runs::adapters + 1;

class LorahubRuns : public testing::TestWithParam<DeviceKind> {};

TEST_P(LorahubRuns, MakeTheReferencesDecisionsAndReachItsObjectives) {
  if (device_count(GetParam()) == 0) GTEST_SKIP() << "no CUDA device here";
  // The oracle's tolerance; on a CUDA device that of the goldens of single losses, whose sums run in another order
  // there.
  const double relative = GetParam() == DeviceKind::cpu ? 5e-5 : 1e-4;
  int runs = 0, same_objective = 0, same_accuracy = 0, same_trace = 0;
  for (const auto& golden : reference_runs::goldens()) {
    const auto in = reference_runs::inputs(golden);
    const auto engine = oracle::engine(in.catalogue, {.kind = GetParam()});
    const auto run = reference_runs::search(in, *engine);
    const double accuracy = reference_runs::test_accuracy(in, *engine, run.best_weights());

    const auto trace = golden.at("trace_metric").get<std::vector<double>>();
    ASSERT_EQ(run.objectives.size(), reference_runs::budget) << in.name;
    ASSERT_EQ(trace.size(), reference_runs::budget) << in.name;
    for (std::size_t i = 0; i < simplex_evaluations; ++i)
      EXPECT_NEAR(run.objectives[i], trace[i], relative * std::abs(trace[i]) + 2e-6)
          << in.name << " evaluation " << i + 1;
    if (!golden.value("trace_weights", nlohmann::ordered_json()).is_null()) {
      for (std::size_t i = 0; i < simplex_evaluations; ++i)
        for (std::size_t k = 0; k < reference_runs::adapters; ++k)
          EXPECT_NEAR(run.asked[i][k], golden.at("trace_weights")[i][k].get<double>(), 1e-9)
              << in.name << " evaluation " << i + 1;
    }

    const double best = golden.at("metric_best_seen"), reference_accuracy = golden.at("accuracy");
    std::size_t first = 0;  // where the traces part
    while (first < reference_runs::budget && std::abs(run.objectives[first] - trace[first]) <= 1e-4) ++first;
    const bool objective_is_same = std::abs(run.best.objective - best) <= 1e-3;
    ++runs;
    same_objective += objective_is_same;
    same_accuracy += accuracy == reference_accuracy;
    same_trace += first == reference_runs::budget;
    if (!objective_is_same || accuracy != reference_accuracy)
      std::cout << in.name << ": objective " << run.best.objective << " (reference " << best << "), accuracy "
                << accuracy << " (reference " << reference_accuracy << "); the traces part at evaluation " << first + 1
                << "\n";
  }
  std::cout << "f32 " << (GetParam() == DeviceKind::cpu ? "cpu" : "cuda") << " runs: " << same_trace
            << " whole traces, " << same_objective << " objectives and " << same_accuracy << " accuracies of " << runs
            << " runs are the reference's\n";
  EXPECT_EQ(runs, 40);
  EXPECT_GE(same_objective, 36);  // 90 %
  EXPECT_GE(same_accuracy, GetParam() == DeviceKind::cpu ? 38 : 36);
}

INSTANTIATE_TEST_SUITE_P(AllDevices, LorahubRuns, testing::Values(DeviceKind::cpu, DeviceKind::cuda),
                         [](const auto& param) { return param.param == DeviceKind::cpu ? "cpu" : "cuda"; });

}  // namespace
}  // namespace lorasweep
