// SPDX-License-Identifier: Apache-2.0
// Whole searches and predictions with tiny trained decoder-only models in f32 against the reference's own forty runs.
#include "data/random/python_random.h"
#include "pipeline/search/cobyla.h"
#include "pipeline/search/objective.h"
#include "pipeline/search/reverse_communication.h"
#include "pipeline/search/search.h"
#include "tests/parity/causal_tasks.h"

#include <gtest/gtest.h>

#include <cmath>
#include <iostream>

namespace lorasweep {
namespace {

using namespace causal_oracle;

constexpr std::size_t adapters = 12, budget = 40;
// Of the families that are kept here; of LORASWEEP_CAUSAL_ORACLE's all five, which takes a quarter of a minute.
constexpr int seeds_kept = 2;
// These build the simplex: which of two objectives is smaller. Afterwards rounding may be amplified.
constexpr std::size_t simplex_evaluations = adapters + 1;

// A run of ours: nothing of the golden but its task and seed goes into it.
struct OwnRun {
  std::vector<std::int32_t> drawn;
  std::vector<Weights> asked;
  std::vector<double> objectives;
  Search::Best best{};
  std::vector<std::string> texts;
};

OwnRun run_of(const Models& models, const CausalTokenizer& tokenizer, const Task& task, std::uint32_t seed) {
  OwnRun run;
  for (const int index : PythonRandom(seed).sample(static_cast<int>(models.adapters().size()), adapters))
    run.drawn.push_back(index);
  const TaskCatalogue examples(tokenizer, task);
  EngineOptions options;
  options.max_new_tokens = 32;
  const auto engine = models.engine(examples.catalogue, options);
  Search search(std::make_unique<ReverseCommunication>(cobyla(adapters, {.low = -1.5, .high = 1.5}), budget), budget);
  while (const auto step = search.take()) {
    const Weights weights = search.weights(*step);
    const std::vector<double> nll = evaluate(*engine, {{run.drawn, 0, weights}})[0];
    const double objective =
        few_shot_loss(Reduction::lorahub, nll, examples.shot_tokens) + l1_regularizer(weights, 0.05);
    search.record(*step, objective);
    run.asked.push_back(weights);
    run.objectives.push_back(objective);
  }
  run.best = *search.best();
  const PredictWork work{{{run.drawn, run.asked[run.best.step], examples.test}}, options.max_new_tokens};
  const std::vector<TokenIds> answers = predict(*engine, work)[0];
  for (const TokenIds& answer : answers) run.texts.push_back(tokenizer.decode(answer));
  return run;
}

void expect_first_simplex(const OwnRun& run, const nlohmann::ordered_json& golden, const std::string& name) {
  const auto trace = golden.at("trace_objective").get<std::vector<double>>();
  for (std::size_t i = 0; i < simplex_evaluations; ++i) {
    EXPECT_NEAR(run.objectives[i], trace[i], 5e-5 * std::abs(trace[i]) + 2e-6) << name << " evaluation " << i + 1;
    for (std::size_t k = 0; k < adapters; ++k)
      EXPECT_NEAR(run.asked[i][k], golden.at("trace_weights")[i][k].get<double>(), 1e-8)
          << name << " evaluation " << i + 1;
  }
}

TEST(CausalRuns, MakeTheReferencesDecisionsAndReachItsObjectives) {
  for (const auto& family : families()) {
    const Models models(family.base(), family.adapters());
    const CausalTokenizer tokenizer(family.base());
    int runs = 0, same_objective = 0, same_accuracy = 0, same_trace = 0;
    const auto recorded = json_of(family.golden("lorahub_runs.json"));
    for (const auto& golden : recorded.at("runs")) {
      if (family.numbers == causal_oracle::golden(family.name) && golden.at("seed").get<int>() > seeds_kept) continue;
      const Task& task = task_of(golden.at("task"));
      const std::string name = family.name + " " + task.name + " seed " + golden.at("seed").dump();
      const OwnRun run = run_of(models, tokenizer, task, golden.at("seed"));
      ASSERT_EQ(run.drawn, models.rows_of(golden.at("modules"))) << name << ": other adapters than the reference drew";
      ASSERT_EQ(run.objectives.size(), budget) << name;
      expect_first_simplex(run, golden, name);

      const auto trace = golden.at("trace_objective").get<std::vector<double>>();
      const double best = golden.at("objective_best"), right = accuracy_of(run.texts, task);
      std::size_t first = 0;  // where the traces part
      while (first < budget && std::abs(run.objectives[first] - trace[first]) <= 1e-4) ++first;
      const bool objective_is_same = std::abs(run.best.objective - best) <= 1e-3;
      ++runs;
      same_objective += objective_is_same;
      const bool accuracy_is_same = std::abs(right - golden.at("accuracy").get<double>()) < 1e-9;
      same_accuracy += accuracy_is_same;
      same_trace += first == budget;
      if (!objective_is_same || !accuracy_is_same)
        std::cout << name << ": objective " << run.best.objective << " (reference " << best << "), accuracy " << right
                  << " (reference " << golden.at("accuracy") << "); the traces part at evaluation " << first + 1
                  << "\n";
    }
    std::cout << family.name << ": " << same_trace << " whole traces, " << same_objective << " objectives and "
              << same_accuracy << " accuracies of " << runs << " runs are the reference's\n";
    EXPECT_GE(runs, 8 * seeds_kept);
    // Once the simplex is complete, differences that f32 cannot tell decide: of all eighty runs 50 end within 1e-3 of
    // the reference's objective (23 and 27 of 40). Nine in ten are wanted, docs/status.md.
    EXPECT_GE(2 * same_objective, runs);
    EXPECT_GE(2 * same_accuracy, runs);
  }
}

}  // namespace
}  // namespace lorasweep
