// SPDX-License-Identifier: Apache-2.0
// The reference's own forty runs (8 tasks x 5 seeds), to be made again with any engine.
#pragma once

#include "data/random/python_random.h"
#include "data/tasks/scoring.h"
#include "data/tasks/task.h"
#include "pipeline/search/cobyla.h"
#include "pipeline/search/objective.h"
#include "pipeline/search/reverse_communication.h"
#include "pipeline/search/search.h"
#include "tests/testing/oracle.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace lorasweep::reference_runs {

inline constexpr std::size_t adapters = 20, budget = 40;

inline const nlohmann::ordered_json& goldens() {
  static const auto json = oracle::golden_json("lorahub_runs.json");
  return json.at("runs");
}

/// What a search of one task with one seed works with: drawn and read by us, nothing of it from the golden.
struct Inputs {
  const Task* task = nullptr;
  std::uint32_t seed = 0;
  std::string name;  ///< of the run, for messages
  Catalogue catalogue;
  std::vector<std::int32_t> adapters;
  std::vector<std::int32_t> shot_tokens;
  std::vector<std::int32_t> test;  ///< the test set's places in the catalogue

  double objective(std::span<const double> nll, const Weights& weights) const {
    return few_shot_loss(Reduction::lorahub, nll, shot_tokens) + l1_regularizer(weights, 0.05);
  }
};

inline Inputs inputs(const nlohmann::ordered_json& golden) {
  static const TaskSuite suite = read_tasks({.path = oracle::demo("tasks"), .pool = 10});
  EXPECT_TRUE(suite.problems.empty());
  Inputs in;
  in.task = &*std::ranges::find(suite.tasks, golden.at("task").get<std::string>(), &Task::name);
  in.seed = golden.at("seed");
  in.name = in.task->name + " seed " + std::to_string(in.seed);
  for (const int index : PythonRandom(in.seed).sample(static_cast<int>(oracle::adapters().size()), adapters))
    in.adapters.push_back(index);
  EXPECT_EQ(in.adapters, oracle::adapter_set(golden.at("modules")))
      << in.name << ": other adapters than the reference drew";

  in.catalogue = {.examples = {}, .example_sets = {{}}};
  const auto add = [&](const TextExample& example) {
    in.catalogue.examples.push_back(oracle::example(example.input, example.target));
    return static_cast<std::int32_t>(in.catalogue.examples.size() - 1);
  };
  for (const TextExample& shot : in.task->shots) {
    in.catalogue.example_sets[0].push_back(add(shot));
    in.shot_tokens.push_back(static_cast<std::int32_t>(in.catalogue.examples.back().target.size()));
  }
  for (const TextExample& example : in.task->test) in.test.push_back(add(example));
  return in;
}

struct Trajectory {
  std::vector<Weights> asked;
  std::vector<double> objectives;
  Search::Best best{};

  const Weights& best_weights() const { return asked[best.step]; }
};

inline Trajectory search(const Inputs& in, LanguageEngine& engine) {
  Search search(std::make_unique<ReverseCommunication>(cobyla(adapters, {.low = -1.5, .high = 1.5}), budget), budget);
  Trajectory trajectory;
  while (const auto step = search.take()) {
    const Weights weights = search.weights(*step);
    const double objective = in.objective(oracle::evaluate(engine, {{in.adapters, 0, weights}})[0], weights);
    search.record(*step, objective);
    trajectory.asked.push_back(weights);
    trajectory.objectives.push_back(objective);
  }
  trajectory.best = *search.best();
  return trajectory;
}

/// Per cent of the test set that such a model answers as it should.
inline double test_accuracy(const Inputs& in, LanguageEngine& engine, const Weights& weights) {
  const auto answers = oracle::predict(engine, {{{in.adapters, weights, in.test}}, 256});
  std::vector<std::int8_t> correct;
  for (std::size_t i = 0; i < answers.size(); ++i)
    correct.push_back(correct_lorahub(oracle::tokenizer().decode(answers[i]), in.task->test[i].target));
  return accuracy(correct);
}

}  // namespace lorasweep::reference_runs
