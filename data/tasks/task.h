// SPDX-License-Identifier: Apache-2.0
// Unseen tasks: the examples to learn from and the examples to be scored on, from BBH JSON files or LoraHub folders.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace lorasweep {

struct TextExample {
  std::string input;
  std::string target;
};

/// One task as configured: texts are final (prompt template applied).
struct Task {
  std::string name;
  std::filesystem::path source;       ///< file or folder it came from
  std::vector<TextExample> shots;     ///< what the search learns from, in drawn order
  std::vector<TextExample> test;      ///< what is scored
  std::vector<TextExample> few_shot;  ///< `test` with the shots in front of each input (the few-shot baseline), same order and length as `test`
};

struct TaskOptions {
  std::filesystem::path path;
  std::vector<std::string> names = {"*"};  ///< globs over task names
  int shots = 5;
  std::uint32_t shot_seed = 42;
  std::optional<int> pool;       ///< BBH JSON: the first N examples are drawn from and the rest is tested; absent: all that were not drawn are tested
  std::string prompt = "{input}";
  int limit = 0;                 ///< test examples per task, 0 = all
};

/// A problem with one task; the others are still read.
struct TaskProblem {
  std::string task;
  std::string message;  ///< file, place, problem, remedy
};

struct TaskSuite {
  std::vector<Task> tasks;  ///< sorted bytewise by name
  std::vector<TaskProblem> problems;
};

/// Reads every task below `options.path` that a glob of `options.names` matches. ConfigError if nothing matches or an option is impossible;
/// problems inside a task's file are collected, not thrown.
TaskSuite read_tasks(const TaskOptions& options);

}  // namespace lorasweep
