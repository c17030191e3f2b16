// SPDX-License-Identifier: Apache-2.0
// Whole searches and predictions against the reference's own forty runs (8 tasks x 5 seeds).
#include "data/random/python_random.h"
#include "data/tasks/scoring.h"
#include "data/tasks/task.h"
#include "pipeline/search/search.h"
#include "pipeline/search/make_optimizer.h"
#include "pipeline/search/objective.h"
#include "tests/testing/oracle.h"

#include <gtest/gtest.h>

#include <cmath>

namespace lorasweep {
namespace {

constexpr std::size_t budget = 40;
// Evaluations 1 to 21 build the simplex: which of two objectives is smaller. Afterwards rounding may be amplified.
constexpr std::size_t simplex_evaluations = 21;

struct Trajectory {
  std::vector<Weights> asked;
  std::vector<double> objectives;
  Search::Best best{};
  double accuracy = 0;
};

Trajectory run_like_the_reference(const Task& task, std::uint32_t seed, const nlohmann::ordered_json& modules) {
  std::vector<std::int32_t> set;  // drawn by us, not read from the golden
  for (const int index : PythonRandom(seed).sample(static_cast<int>(oracle::adapters().size()), 20)) set.push_back(index);
  EXPECT_EQ(set, oracle::adapter_set(modules)) << "other adapters than the reference drew";

  Catalogue catalogue{.examples = {}, .example_sets = {{}}, .adapter_sets = {set}};
  std::vector<std::int32_t> tokens;
  for (const TextExample& shot : task.shots) {
    catalogue.example_sets[0].push_back(static_cast<std::int32_t>(catalogue.examples.size()));
    catalogue.examples.push_back(oracle::example(shot.input, shot.target));
    tokens.push_back(static_cast<std::int32_t>(catalogue.examples.back().target.size()));
  }
  PredictWork prediction{.adapter_set = 0, .weights = {}, .examples = {}, .max_new_tokens = 256};
  for (const TextExample& example : task.test) {
    prediction.examples.push_back(static_cast<std::int32_t>(catalogue.examples.size()));
    catalogue.examples.push_back(oracle::example(example.input, example.target));
  }
  const auto engine = oracle::engine(std::move(catalogue));

  Search search(make_optimizer({.method = "cobyla", .dimension = set.size(), .budget = budget, .low = -1.5, .high = 1.5, .seed = seed}), budget);
  Trajectory run;
  while (const auto step = search.take()) {
    const Weights weights = search.weights(*step);
    const auto nll = oracle::evaluate(*engine, {{0, 0, weights}})[0];
    const double objective = few_shot_loss(Reduction::lorahub, nll, tokens) + l1_regularizer(weights, 0.05);
    EXPECT_TRUE(search.record(*step, weights, objective));
    run.asked.push_back(weights);
    run.objectives.push_back(objective);
  }
  run.best = *search.best();
  prediction.weights = search.weights(run.best.step);
  const auto answers = oracle::predict(*engine, prediction);
  std::vector<std::int8_t> correct;
  for (std::size_t i = 0; i < answers.size(); ++i)
    correct.push_back(correct_lorahub(oracle::tokenizer().decode(answers[i]), task.test[i].target));
  run.accuracy = accuracy(correct);
  return run;
}

TEST(LorahubRuns, SearchesMakeTheReferencesDecisionsAndReachItsObjectives) {
  const TaskSuite suite = read_tasks({.path = oracle::demo("tasks"), .pool = 10});
  ASSERT_TRUE(suite.problems.empty());
  int runs = 0, same_objective = 0, same_accuracy = 0, same_trace = 0;
  const auto goldens = oracle::golden_json("lorahub_runs.json");
  for (const auto& golden : goldens.at("runs")) {
    const std::string name = golden.at("task");
    const std::uint32_t seed = golden.at("seed");
    const std::string what = name + " seed " + std::to_string(seed);
    const Trajectory run = run_like_the_reference(*std::ranges::find(suite.tasks, name, &Task::name), seed, golden.at("modules"));
    const auto trace = golden.at("trace_metric").get<std::vector<double>>();
    ASSERT_EQ(run.objectives.size(), budget) << what;
    ASSERT_EQ(trace.size(), budget) << what;
    for (std::size_t i = 0; i < simplex_evaluations; ++i)
      EXPECT_NEAR(run.objectives[i], trace[i], 5e-5 * std::abs(trace[i]) + 2e-6) << what  // the oracle's tolerance
          << " evaluation " << i + 1;
    if (!golden.value("trace_weights", nlohmann::ordered_json()).is_null()) {
      for (std::size_t i = 0; i < simplex_evaluations; ++i)
        for (std::size_t k = 0; k < 20; ++k)
          EXPECT_NEAR(run.asked[i][k], golden.at("trace_weights")[i][k].get<double>(), 1e-9) << what << " evaluation " << i + 1;
    }
    ++runs;
    const double best = golden.at("metric_best_seen");
    const bool same = std::abs(run.best.objective - best) <= 1e-3;
    same_objective += same;
    same_accuracy += run.accuracy == golden.at("accuracy").get<double>();
    bool whole = true;
    for (std::size_t i = 0; i < budget; ++i) whole = whole && std::abs(run.objectives[i] - trace[i]) <= 1e-4;
    same_trace += whole;
    if (!same || run.accuracy != golden.at("accuracy").get<double>()) {
      std::size_t first = 0;
      while (first < budget && std::abs(run.objectives[first] - trace[first]) <= 1e-4) ++first;
      std::cout << what << ": objective " << run.best.objective << " (reference " << best << "), accuracy " << run.accuracy << " (reference "
                << golden.at("accuracy") << "); the traces part at evaluation " << first + 1 << "\n";
    }
  }
  std::cout << same_trace << " whole traces, " << same_objective << " objectives and " << same_accuracy << " accuracies of " << runs
            << " runs are the reference's\n";
  EXPECT_EQ(runs, 40);
  EXPECT_GE(same_objective, 36);  // 90 %
  EXPECT_GE(same_accuracy, 38);
}

}  // namespace
}  // namespace lorasweep
