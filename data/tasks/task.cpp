// SPDX-License-Identifier: Apache-2.0
// Makes tasks of task files: draws the shots, keeps the rest for the test, fills the prompts.
#include "data/tasks/task.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "data/random/python_random.h"
#include "data/tasks/bbh_json.h"
#include "data/tasks/lorahub_folder.h"
#include "data/tasks/prompt.h"
#include "data/tasks/task_source.h"
#include "data/tasks/unicode_text.h"

#include <algorithm>
#include <numeric>
#include <system_error>
#include <utility>

namespace lorasweep {
namespace {

constexpr std::size_t bbh_bytes = 64u << 20;
constexpr std::size_t cot_prompt_bytes = 1u << 20;
constexpr std::size_t few_shot_bytes = 1u << 30;  // what long shots in front of many examples may grow to

void check(const TaskOptions& options) {
  if (options.shots < 1)
    throw ConfigError("tasks.shots", "is " + std::to_string(options.shots), "a search needs at least one example");
  if (options.pool && *options.pool < options.shots)
    throw ConfigError(
        "tasks.pool",
        "is " + std::to_string(*options.pool) + " and cannot give " + std::to_string(options.shots) + " shots",
        "raise it, or lower tasks.shots");
  if (options.limit < 0)
    throw ConfigError("tasks.limit", "is " + std::to_string(options.limit), "use 0 for all test examples");
}

void check_name(const TaskSource& source) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (!is_utf8(source.name) || std::any_of(source.name.begin(), source.name.end(), control))
    throw InputError(source.path.string(), "its name is not printable UTF-8", "rename it");
}

/// The first `shots` of random.shuffle over `count` examples, as the reference draws them.
std::vector<std::size_t> draw(std::size_t count, const TaskOptions& options) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  PythonRandom(options.shot_seed).shuffle(order);
  order.resize(options.shots);
  return order;
}

std::vector<TextExample> pick(const std::vector<TextExample>& examples, const std::vector<std::size_t>& indices) {
  std::vector<TextExample> picked;
  for (const std::size_t i : indices) picked.push_back(examples[i]);
  return picked;
}

/// `test` as a model meets it after examples that are already answered: the form of the reference's
/// few_shot.jsonl.
std::vector<TextExample> with_shots(const std::vector<TextExample>& shots, const std::vector<TextExample>& test,
                                    const TaskSource& source) {
  std::string in_front;
  for (const TextExample& shot : shots) in_front += shot.input + '\n' + shot.target + "\n\n";
  if (in_front.size() > few_shot_bytes / test.size())
    throw InputError(source.path.string(),
                     std::to_string(in_front.size()) + " bytes of shots in front of " + std::to_string(test.size()) +
                         " test examples are more than 1 GiB",
                     "lower tasks.shots, or shorten the examples");
  std::vector<TextExample> few_shot;
  for (const TextExample& example : test)
    few_shot.push_back({.input = in_front + example.input, .target = example.target});
  return few_shot;
}

/// The instruction lies where a BBH checkout has it, beside the folder of the task files.
std::string read_instruction(const TaskSource& source) {
  const auto file = source.path.parent_path() / ".." / "cot-prompts" / (source.name + ".txt");
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored))
    throw InputError(file.string(), "does not exist, but tasks.prompt uses {instruction}",
                     "take the task from a BBH checkout with its cot-prompts, or remove {instruction}");
  const std::string text = read_file(file, cot_prompt_bytes);
  if (!is_utf8(text) || text.find('\0') != std::string::npos) throw InputError(file.string(), "is not UTF-8 text");
  std::string instruction = first_paragraph(text);
  if (instruction.empty())
    throw InputError(file.string(), "holds no instruction", "its first paragraph is expected to be one");
  return instruction;
}

std::vector<TextExample> read_bbh(const TaskSource& source, const PromptTemplate& prompt) {
  auto examples = parse_bbh_json(read_file(source.path, bbh_bytes), source.path.string());
  const std::string instruction = prompt.uses_instruction() ? read_instruction(source) : "";
  for (TextExample& example : examples) example.input = prompt.fill(example.input, instruction);
  return examples;
}

Task bbh_task(const TaskSource& source, const PromptTemplate& prompt, const TaskOptions& options) {
  const std::vector<TextExample> examples = read_bbh(source, prompt);
  const std::size_t taken = options.pool.value_or(options.shots);
  if (examples.size() <= taken)
    throw InputError(source.path.string(),
                     "has " + std::to_string(examples.size()) + " examples, of which " + std::to_string(taken) +
                         " are kept from the test",
                     options.pool ? "lower tasks.pool" : "lower tasks.shots");

  const std::size_t drawn_from = options.pool ? taken : examples.size();
  const std::vector<std::size_t> drawn = draw(drawn_from, options);
  Task task{.name = source.name, .source = source.path, .shots = pick(examples, drawn)};
  for (std::size_t i = options.pool ? taken : 0; i < examples.size(); ++i)
    if (options.pool || std::find(drawn.begin(), drawn.end(), i) == drawn.end()) task.test.push_back(examples[i]);

  // The reference puts the pool's first examples in front, in the order of the file; without a pool those
  // would be test examples.
  const std::vector<TextExample> in_front =
      options.pool ? std::vector(examples.begin(), examples.begin() + options.shots) : task.shots;
  task.few_shot = with_shots(in_front, task.test, source);
  return task;
}

Task lorahub_task(const TaskSource& source, const PromptTemplate& prompt, const TaskOptions& options) {
  if (!prompt.is_plain_input())
    throw InputError(source.path.string(), "holds complete prompts, which tasks.prompt cannot change",
                     "set tasks.prompt to \"{input}\", or use the task's BBH JSON file");
  LorahubFolder folder = read_lorahub_folder(source.path);
  if (std::cmp_less(folder.examples.size(), options.shots))
    throw InputError((source.path / "example.jsonl").string(),
                     "has " + std::to_string(folder.examples.size()) + " examples, fewer than the " +
                         std::to_string(options.shots) + " shots",
                     "lower tasks.shots");
  if (folder.zero_shot.empty())
    throw InputError((source.path / "zero_shot.jsonl").string(), "holds no example", "there is nothing to score on");
  return {.name = source.name,
          .source = source.path,
          .shots = pick(folder.examples, draw(folder.examples.size(), options)),
          .test = std::move(folder.zero_shot),
          .few_shot = std::move(folder.few_shot)};
}

Task read_task(const TaskSource& source, const PromptTemplate& prompt, const TaskOptions& options) {
  check_name(source);
  Task task =
      source.form == TaskForm::bbh_json ? bbh_task(source, prompt, options) : lorahub_task(source, prompt, options);
  const std::size_t kept =
      options.limit > 0 ? std::min<std::size_t>(options.limit, task.test.size()) : task.test.size();
  task.test.resize(kept);
  task.few_shot.resize(kept);
  return task;
}

}  // namespace

TaskSuite read_tasks(const TaskOptions& options) {
  check(options);
  const PromptTemplate prompt(options.prompt);
  TaskSearch search = search_tasks(options.path);
  const std::vector<TaskSource> sources = matching_tasks(std::move(search.found), options.names);

  TaskSuite suite;
  suite.passed_over = std::move(search.passed_over);
  for (auto source = sources.begin(); source != sources.end();) {
    const auto next =
        std::find_if(source, sources.end(), [&](const auto& other) { return other.name != source->name; });
    try {
      if (next - source > 1)
        throw InputError(source->path.string(), "has the same task name as " + std::next(source)->path.string(),
                         "rename one of them");
      suite.tasks.push_back(read_task(*source, prompt, options));
    } catch (const InputError& error) {
      suite.problems.push_back({.task = source->name, .message = error.what()});
    }
    source = next;
  }
  return suite;
}

}  // namespace lorasweep
