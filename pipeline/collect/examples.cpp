// SPDX-License-Identifier: Apache-2.0
#include "pipeline/collect/examples.h"

#include "data/core/error.h"
#include "data/tasks/text_digest.h"
#include "pipeline/config/task_options.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

// What stands in front of every input of the test set, if it is the same text.
std::optional<std::string> common_front(const Task& task) {
  std::optional<std::string> front;
  for (std::size_t i = 0; i < task.few_shot.size(); ++i) {
    const std::string &whole = task.few_shot[i].input, &end = task.test[i].input;
    if (!whole.ends_with(end)) return std::nullopt;
    const std::string begin = whole.substr(0, whole.size() - end.size());
    if (front && *front != begin) return std::nullopt;
    front = begin;
  }
  return front;
}

class Rows {
 public:
  Rows(Examples& out, std::size_t task, TextsKept texts)
      : out_(out), task_(static_cast<std::int32_t>(task)), texts_(texts) {}

  /// Without an example nothing but its place is known.
  void add(ExampleRole role, std::int32_t replicate, std::int32_t place, const TextExample* example) {
    out_.task_index.push_back(task_);
    out_.role.push_back(static_cast<std::int8_t>(role));
    out_.replicate.push_back(replicate);
    out_.example_index.push_back(place);
    const bool has_texts = example != nullptr && texts_ == TextsKept::all;
    out_.file_index.push_back(example != nullptr ? example->place : -1);
    out_.input.push_back(has_texts ? example->input : "");
    out_.target.push_back(has_texts ? example->target : "");
  }

  /// `examples` is empty where they are not known.
  void add_all(ExampleRole role, std::int32_t replicate, std::size_t count, const std::vector<TextExample>& examples) {
    for (std::size_t i = 0; i < count; ++i)
      add(role, replicate, static_cast<std::int32_t>(i), i < examples.size() ? &examples[i] : nullptr);
  }

 private:
  Examples& out_;
  std::int32_t task_;
  TextsKept texts_;
};

// Which draw of shots a replicate has.
std::size_t draw_of(const Replicate& replicate, const TasksConfig& config) {
  const auto place = std::ranges::find(config.shot_seed, replicate.shot_seed);
  return place == config.shot_seed.end() ? 0 : static_cast<std::size_t>(place - config.shot_seed.begin());
}

void add_shots(Rows& rows, const MergedRuns& merged, std::size_t count, const Task& task, const TasksConfig& config) {
  if (config.shot_seed.size() == 1) return rows.add_all(ExampleRole::shot, -1, count, task.shots);
  for (std::size_t r = 0; r < merged.replicates.size(); ++r) {
    const std::size_t draw = draw_of(merged.replicates[r], config);
    const bool is_known = draw > 0 && draw <= task.further_shots.size();
    rows.add_all(ExampleRole::shot, static_cast<std::int32_t>(r), count,
                 is_known ? task.further_shots[draw - 1] : task.shots);
  }
}

void add_few_shot(Rows& rows, const Task& task) {
  const std::optional<std::string> front = common_front(task);
  if (!front) return rows.add_all(ExampleRole::few_shot, -1, task.few_shot.size(), task.few_shot);
  const TextExample in_front{.input = *front, .target = ""};
  rows.add(ExampleRole::few_shot, -1, -1, &in_front);
}

// The task with the texts that were recorded, or nothing.
const Task* known_task(const Manifest::Task& recorded, const TaskSuite& suite) {
  const auto found = std::ranges::find(suite.tasks, recorded.name, &Task::name);
  if (found == suite.tasks.end()) return nullptr;
  if (digest_of_texts(*found) == recorded.sha256) return &*found;
  spdlog::warn("{} has other texts than those of the run: the results file has none of task {}", found->source.string(),
               recorded.name);
  return nullptr;
}

}  // namespace

TaskSuite recorded_tasks(const MergedRuns& merged, const TasksConfig& config, bool continues_prompt) {
  TaskSuite all;
  TaskOptions options = task_options(config, continues_prompt);
  options.names = {"*"};
  for (const Manifest::Task& task : merged.tasks) {
    const auto warn = [&](const std::string& why) {
      spdlog::warn("the results file has no texts of task {}: {}", task.name, why);
    };
    try {
      options.path = task.source;
      TaskSuite suite = read_tasks(options);
      for (const TaskProblem& problem : suite.problems) warn(problem.message);
      std::ranges::move(suite.tasks, std::back_inserter(all.tasks));
    } catch (const Error& error) {
      warn(error.what());
    }
  }
  return all;
}

void add_examples(SweepResults& results, const MergedRuns& merged, const TaskSuite& suite, const TasksConfig& config,
                  TextsKept texts) {
  static const Task unknown{.name = "", .source = {}, .shots = {}};
  for (std::size_t t = 0; t < merged.tasks.size(); ++t) {
    const Manifest::Task& recorded = merged.tasks[t];
    const Task* known = known_task(recorded, suite);
    const Task& task = known != nullptr ? *known : unknown;
    Rows rows(results.examples, t, texts);
    rows.add_all(ExampleRole::test, -1, recorded.targets.size(), task.test);
    add_shots(rows, merged, recorded.shot_tokens.size(), task, config);
    if (known != nullptr && merged.baselines[t].at(Subject::few_shot).wanted) add_few_shot(rows, task);
    results.summary.canary.push_back(texts == TextsKept::all ? task.canary : "");
  }
  if (texts == TextsKept::none)
    for (std::string& target : results.predictions.target) target.clear();
}

}  // namespace lorasweep
