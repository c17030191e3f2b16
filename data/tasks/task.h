// SPDX-License-Identifier: Apache-2.0
// Unseen tasks: what to learn from and what to be scored on, from BBH JSON files or LoraHub folders.
#pragma once

#include "data/core/passed_over.h"
#include "data/tasks/lorahub_folder.h"
#include "data/tasks/named_templates.h"
#include "data/tasks/task_source.h"
#include "data/tasks/text_example.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace lorasweep {

/// One task as configured: inputs are final (templates applied), targets as they are in the file.
struct Task {
  std::string name;
  std::filesystem::path source;  ///< file or folder it came from
  TaskForm form = TaskForm::bbh_json;
  std::vector<TextExample> shots;      ///< what the search learns from, in drawn order: of the first shot seed
  std::vector<TextExample> test = {};  ///< what is scored
  /// `test` with answered examples in front of each input (the few-shot baseline), same order and length as
  /// `test`. In front: few_shot.jsonl as it is; BBH JSON: the pool's first `shots` as in the reference,
  /// without a pool the shots. Empty for a LoraHub folder without that file.
  std::vector<TextExample> few_shot = {};
  std::vector<std::vector<TextExample>> further_shots = {};  ///< the same as `shots`, of each further shot seed
  std::string canary = {};  ///< what its file asks to keep with its texts; empty: nothing
};

/// How an answered example stands in front of a few-shot prompt of BBH JSON; an empty line follows.
enum class ShotForm {
  two_lines,  ///< prompt, line break, target: as in the reference's few_shot.jsonl
  continued,  ///< prompt and completion, as the loss has them
};

struct TaskOptions {
  std::filesystem::path path;
  std::vector<std::string> names = {"*"};  ///< globs over task names
  int shots = 5;
  std::vector<std::uint32_t> shot_seeds = {42};  ///< one draw each, at least one
  /// BBH JSON: the first N examples are drawn from and the rest is tested; absent: all that no draw has are tested.
  std::optional<int> pool = std::nullopt;
  std::string prompt = "{input}";
  std::string completion = "{target}";
  const NamedTemplate* around = nullptr;  ///< what stands around every whole prompt; null: nothing
  ShotForm shot_form = ShotForm::two_lines;
  int limit = 0;  ///< test examples per task, 0 = all
  FewShotPrompts few_shot = FewShotPrompts::wanted;
};

/// A problem with one task; the others are still read.
struct TaskProblem {
  std::string task;
  std::string message;  ///< file, place, problem, remedy
};

struct TaskSuite {
  std::vector<Task> tasks;  ///< sorted bytewise by name
  std::vector<TaskProblem> problems;
  std::vector<PassedOver> passed_over;                      ///< below the path; not what the globs leave out
  std::string prompt = "{input}", completion = "{target}";  ///< of the options: what the tasks were made with
};

/// Reads every task below `options.path` that a glob of `options.names` matches. ConfigError if nothing
/// matches or an option is impossible; problems inside a task's file are collected, not thrown.
TaskSuite read_tasks(const TaskOptions& options);

}  // namespace lorasweep
