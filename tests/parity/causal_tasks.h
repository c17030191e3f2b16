// SPDX-License-Identifier: Apache-2.0
// The tasks that the goldens of the tiny trained decoder-only models were made with (the demo's), as
// their tokenizers give them.
#pragma once

#include "data/tasks/scoring.h"
#include "data/tasks/task.h"
#include "data/tokenizer/causal_tokenizer.h"
#include "tests/parity/causal_families.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace lorasweep::causal_oracle {

/// Rounding may decide where the two best logits are this close.
inline constexpr double near_tie = 1e-3;

/// Texts are `prompt = "{input}\n"`, `completion = "{target}"`.
inline const Task& task_of(const std::string& name) {
  static const TaskSuite suite = read_tasks(
      {.path = std::filesystem::path(LORASWEEP_DEMO_DIR) / "causal/tasks", .pool = 10, .prompt = "{input}\n"});
  EXPECT_TRUE(suite.problems.empty());
  return *std::ranges::find(suite.tasks, name, &Task::name);
}

inline Example example(const CausalTokenizer& tokenizer, const TextExample& text) {
  Tokenizer::Pair pair = tokenizer.encode_pair(text.input, text.target);
  return {std::move(pair.source), std::move(pair.target)};
}

/// A task's examples in a catalogue: its shots as example set 0, and where its test set lies.
struct TaskCatalogue {
  TaskCatalogue(const CausalTokenizer& tokenizer, const Task& task) {
    const auto add = [&](const TextExample& text) {
      catalogue.examples.push_back(example(tokenizer, text));
      return static_cast<std::int32_t>(catalogue.examples.size() - 1);
    };
    for (const TextExample& shot : task.shots) {
      catalogue.example_sets[0].push_back(add(shot));
      shot_tokens.push_back(static_cast<std::int32_t>(catalogue.examples.back().target.size()));
    }
    for (const TextExample& each : task.test) test.push_back(add(each));
  }
  Catalogue catalogue{.examples = {}, .example_sets = {{}}};
  std::vector<std::int32_t> shot_tokens, test;
};

/// Per cent of the answers that are right.
inline double accuracy_of(const std::vector<std::string>& texts, const Task& task) {
  std::vector<std::int8_t> correct;
  for (std::size_t i = 0; i < texts.size(); ++i) correct.push_back(correct_lorahub(texts[i], task.test[i].target));
  return accuracy(correct);
}

}  // namespace lorasweep::causal_oracle
