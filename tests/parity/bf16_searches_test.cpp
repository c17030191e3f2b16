// SPDX-License-Identifier: Apache-2.0
// What bf16 does to a search: how far its losses are from those in f32, how often a decision falls the other way, and
// what comes of it.
#include "tests/parity/reference_runs.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <numeric>

namespace lorasweep {
namespace {

using Objectives = std::vector<double>;

// Of each evaluation but the first: is it better than all before? COBYLA keeps a point for that, and a search's answer
// is the last such.
std::vector<bool> decisions(const Objectives& objectives) {
  std::vector<bool> better;
  double best = objectives.at(0);
  for (std::size_t i = 1; i < objectives.size(); ++i) {
    better.push_back(objectives[i] < best);
    best = std::min(best, objectives[i]);
  }
  return better;
}
std::size_t first_difference(const std::vector<Weights>& a, const std::vector<Weights>& b) {
  return static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}
double quantile(std::vector<double> values, double part) {
  std::ranges::sort(values);
  return values[std::min(values.size() - 1, static_cast<std::size_t>(part * static_cast<double>(values.size())))];
}
double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// All candidates of a search in one batch.
Objectives evaluate_all(const reference_runs::Inputs& in, LanguageEngine& engine,
                        const std::vector<Weights>& candidates) {
  std::vector<Member> members;
  for (const Weights& weights : candidates) members.push_back({in.adapters, 0, weights});
  const auto nll = oracle::evaluate(engine, members);
  Objectives objectives;
  for (std::size_t i = 0; i < candidates.size(); ++i) objectives.push_back(in.objective(nll[i], candidates[i]));
  return objectives;
}

class Bf16Searches : public testing::TestWithParam<DeviceKind> {};

TEST_P(Bf16Searches, FlipFewDecisionsAndEndAsWellAsThoseInF32) {
  if (device_count(GetParam()) == 0) GTEST_SKIP() << "no CUDA device here";
  // of objectives, relative, at the candidates of the search in f32
  std::vector<double> errors;
  // in f32: of bf16's choice among these, and of bf16's own search's
  std::vector<double> choice_regrets, regrets;
  // of bf16's own searches; of the reference's; the evaluation where they part
  std::vector<double> accuracies, reference_accuracies, part_at;
  std::size_t flips = 0, asked = 0, other_choices = 0, runs = 0;
  for (const auto& golden : reference_runs::goldens()) {
    const auto in = reference_runs::inputs(golden);
    const auto f32 = oracle::engine(in.catalogue, {.kind = GetParam()});
    const auto bf16 = oracle::engine(in.catalogue, {.activation = Element::bf16, .kind = GetParam()});
    const auto exact = reference_runs::search(in, *f32);
    ++runs;

    const Objectives rounded = evaluate_all(in, *bf16, exact.asked);
    for (std::size_t i = 0; i < rounded.size(); ++i)
      errors.push_back(std::abs(rounded[i] - exact.objectives[i]) / exact.objectives[i]);
    const std::vector<bool> exact_decisions = decisions(exact.objectives), rounded_decisions = decisions(rounded);
    for (std::size_t i = 0; i < exact_decisions.size(); ++i) flips += exact_decisions[i] != rounded_decisions[i];
    asked += exact_decisions.size();
    const auto choice = static_cast<std::size_t>(std::ranges::min_element(rounded) - rounded.begin());
    other_choices += choice != exact.best.step;
    choice_regrets.push_back(exact.objectives[choice] - exact.best.objective);

    const auto own = reference_runs::search(in, *bf16);
    part_at.push_back(static_cast<double>(first_difference(own.asked, exact.asked) + 1));
    regrets.push_back(evaluate_all(in, *f32, {own.best_weights()})[0] - exact.best.objective);
    accuracies.push_back(reference_runs::test_accuracy(in, *bf16, own.best_weights()));
    reference_accuracies.push_back(golden.at("accuracy"));
  }
  const auto near = static_cast<double>(std::ranges::count_if(errors, [](double e) { return e <= 0.02; })) /
                    static_cast<double>(errors.size());
  std::vector<double> differences;  // of accuracy, search by search
  for (std::size_t i = 0; i < accuracies.size(); ++i)
    differences.push_back(std::abs(accuracies[i] - reference_accuracies[i]));
  const double flipped = static_cast<double>(flips) / static_cast<double>(asked);
  const std::string device = GetParam() == DeviceKind::cpu ? "cpu" : "cuda";
  // scripts/gpu-check shows these
  const auto report = [&](const std::string& line) { std::cout << "bf16 " << device << ' ' << line << '\n'; };
  report(fmt::format(
      "objectives: off by {:.2e} (median), {:.2e} (90 %), {:.2e} (99 %), {:.2e} (most) of those in f32; {:.1f} % "
      "within 2 %",
      quantile(errors, 0.5), quantile(errors, 0.9), quantile(errors, 0.99), std::ranges::max(errors), 100 * near));
  report(
      fmt::format("decisions: {} of {} ({:.2f} %) fall the other way; {} of {} searches choose another candidate, "
                  "{:.1e} worse at most",
                  flips, asked, 100 * flipped, other_choices, runs, std::ranges::max(choice_regrets)));
  report(
      fmt::format("searches: part at evaluation {:.0f} (median); in f32 their answers are worse by {:.1e} (median), "
                  "{:.1e} (10 %), {:.1e} (90 %)",
                  quantile(part_at, 0.5), quantile(regrets, 0.5), quantile(regrets, 0.1), quantile(regrets, 0.9)));
  report(fmt::format("accuracy: {:.2f}, the reference's {:.2f}; half of the searches differ by more than {:.1f} points",
                     mean(accuracies), mean(reference_accuracies), quantile(differences, 0.5)));
  // bf16 keeps 8 bits, whoever sums: a device whose numbers are much worse than these is wrong.
  EXPECT_EQ(runs, 40u);
  EXPECT_LE(quantile(errors, 0.5), 0.006);
  EXPECT_GE(near, 0.84);
  EXPECT_LE(flipped, 0.03);
  EXPECT_LE(quantile(choice_regrets, 0.9), 0.01);
  EXPECT_LE(std::ranges::max(choice_regrets), 0.1) << "of two candidates each some per cent off, the worse";
  EXPECT_LE(std::abs(quantile(regrets, 0.5)), 0.005);
  EXPECT_LE(quantile(regrets, 0.9), 0.06);
  EXPECT_NEAR(mean(accuracies), mean(reference_accuracies), 3);
}

INSTANTIATE_TEST_SUITE_P(AllDevices, Bf16Searches, testing::Values(DeviceKind::cpu, DeviceKind::cuda),
                         [](const auto& param) { return param.param == DeviceKind::cpu ? "cpu" : "cuda"; });

}  // namespace
}  // namespace lorasweep
