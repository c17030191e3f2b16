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
  if (options.shot_seeds.empty()) throw ConfigError("tasks.shot_seed", "is empty", "give one seed at least");
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

/// What examples are made into texts with.
struct Texts {
  explicit Texts(const TaskOptions& options)
      : prompt(options.prompt), completion(options.completion), around(options.around), shot_form(options.shot_form) {}

  PromptTemplate prompt;
  CompletionTemplate completion;
  const NamedTemplate* around;
  ShotForm shot_form;

  std::string whole(const std::string& text) const { return around == nullptr ? text : around->around(text); }
  void make_whole(std::vector<TextExample>& examples) const {
    for (TextExample& example : examples) example.input = whole(example.input);
  }
  std::string in_front(const TextExample& shot) const {
    const std::string answer = shot_form == ShotForm::two_lines ? '\n' + shot.target : completion.fill(shot.target);
    return shot.input + answer + "\n\n";
  }
};

using Draw = std::vector<std::size_t>;  // indices of examples, in drawn order

/// The first `shots` of random.shuffle over `count` examples, as the reference draws them: once for every shot seed.
std::vector<Draw> draw(std::size_t count, const TaskOptions& options) {
  std::vector<Draw> draws;
  for (const std::uint32_t seed : options.shot_seeds) {
    Draw& order = draws.emplace_back(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    PythonRandom(seed).shuffle(order);
    order.resize(options.shots);
  }
  return draws;
}

std::vector<TextExample> pick(const std::vector<TextExample>& examples, const Draw& drawn) {
  std::vector<TextExample> picked;
  for (const std::size_t i : drawn) picked.push_back(examples[i]);
  return picked;
}

void set_shots(Task& task, const std::vector<TextExample>& examples, const std::vector<Draw>& draws) {
  task.shots = pick(examples, draws.front());
  for (std::size_t d = 1; d < draws.size(); ++d) task.further_shots.push_back(pick(examples, draws[d]));
}

/// What is tested where shots are drawn from all examples: those that are in no draw, so that all searches of the task
/// answer the same.
std::vector<TextExample> not_drawn(const std::vector<TextExample>& examples, const std::vector<Draw>& draws) {
  std::vector<bool> drawn(examples.size(), false);
  for (const Draw& each : draws)
    for (const std::size_t i : each) drawn[i] = true;
  std::vector<TextExample> rest;
  for (std::size_t i = 0; i < examples.size(); ++i)
    if (!drawn[i]) rest.push_back(examples[i]);
  return rest;
}

/// `test` as a model meets it after examples that are already answered.
std::vector<TextExample> with_shots(const std::vector<TextExample>& shots, const std::vector<TextExample>& test,
                                    const TaskSource& source, const Texts& texts) {
  std::string in_front;
  for (const TextExample& shot : shots) in_front += texts.in_front(shot);
  if (in_front.size() > few_shot_bytes / test.size())
    throw InputError(source.path.string(),
                     std::to_string(in_front.size()) + " bytes of shots in front of " + std::to_string(test.size()) +
                         " test examples are more than 1 GiB",
                     "lower tasks.shots, or shorten the examples");
  std::vector<TextExample> few_shot;
  for (const TextExample& example : test)
    few_shot.push_back({.input = in_front + example.input, .target = example.target, .place = example.place});
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

void fill_prompts(const TaskSource& source, const PromptTemplate& prompt,
                  const std::vector<std::vector<TextExample>*>& lists) {
  const std::string instruction = prompt.uses_instruction() ? read_instruction(source) : "";
  for (std::vector<TextExample>* examples : lists)
    for (TextExample& example : *examples) example.input = prompt.fill(example.input, instruction);
}

BbhFile read_bbh(const TaskSource& source, const PromptTemplate& prompt) {
  BbhFile file = parse_bbh_json(read_file(source.path, bbh_bytes), source.path.string());
  fill_prompts(source, prompt, {&file.examples});
  return file;
}

Task bbh_task(const TaskSource& source, const Texts& texts, const TaskOptions& options) {
  const BbhFile file = read_bbh(source, texts.prompt);
  const std::vector<TextExample>& examples = file.examples;
  const std::size_t taken = options.pool.value_or(options.shots);
  if (examples.size() <= taken)
    throw InputError(source.path.string(),
                     "has " + std::to_string(examples.size()) + " examples, of which " + std::to_string(taken) +
                         " are kept from the test",
                     options.pool ? "lower tasks.pool" : "lower tasks.shots");

  const std::vector<Draw> draws = draw(options.pool ? taken : examples.size(), options);
  Task task{.name = source.name, .source = source.path, .shots = {}, .canary = file.canary};
  set_shots(task, examples, draws);
  if (options.pool)
    task.test.assign(examples.begin() + static_cast<std::ptrdiff_t>(taken), examples.end());
  else
    task.test = not_drawn(examples, draws);
  if (task.test.empty())
    throw InputError(source.path.string(),
                     "has " + std::to_string(examples.size()) + " examples, and each of them is in one of the " +
                         std::to_string(draws.size()) + " draws of shots: nothing is left for the test",
                     "lower tasks.shots, take fewer seeds into tasks.shot_seed, or set tasks.pool");

  // The reference puts the pool's first examples in front, in the order of the file; without a pool those
  // would be test examples.
  const std::vector<TextExample> in_front =
      options.pool ? std::vector(examples.begin(), examples.begin() + options.shots) : task.shots;
  task.few_shot = with_shots(in_front, task.test, source, texts);
  return task;
}

// Its texts are prompts already, those of few_shot.jsonl with shots in them: a template is put around each.
Task lorahub_task(const TaskSource& source, const Texts& texts, const TaskOptions& options) {
  LorahubFolder folder = read_lorahub_folder(source.path, options.few_shot);
  fill_prompts(source, texts.prompt, {&folder.examples, &folder.zero_shot, &folder.few_shot});
  if (std::cmp_less(folder.examples.size(), options.shots))
    throw InputError((source.path / "example.jsonl").string(),
                     "has " + std::to_string(folder.examples.size()) + " examples, fewer than the " +
                         std::to_string(options.shots) + " shots",
                     "lower tasks.shots");
  if (folder.zero_shot.empty())
    throw InputError((source.path / "zero_shot.jsonl").string(), "holds no example", "there is nothing to score on");
  Task task{.name = source.name, .source = source.path, .form = TaskForm::lorahub_folder, .shots = {}};
  set_shots(task, folder.examples, draw(folder.examples.size(), options));
  task.test = std::move(folder.zero_shot);
  task.few_shot = std::move(folder.few_shot);
  return task;
}

Task read_task(const TaskSource& source, const Texts& texts, const TaskOptions& options) {
  check_name(source);
  Task task =
      source.form == TaskForm::bbh_json ? bbh_task(source, texts, options) : lorahub_task(source, texts, options);
  for (std::vector<TextExample>* examples : {&task.shots, &task.test, &task.few_shot}) texts.make_whole(*examples);
  for (std::vector<TextExample>& shots : task.further_shots) texts.make_whole(shots);
  const std::size_t kept =
      options.limit > 0 ? std::min<std::size_t>(options.limit, task.test.size()) : task.test.size();
  task.test.resize(kept);
  if (!task.few_shot.empty()) task.few_shot.resize(kept);
  return task;
}

}  // namespace

TaskSuite read_tasks(const TaskOptions& options) {
  check(options);
  const Texts texts(options);
  TaskSearch search = search_tasks(options.path);
  const std::vector<TaskSource> sources = matching_tasks(std::move(search.found), options.names);

  TaskSuite suite;
  suite.prompt = options.prompt;
  suite.completion = options.completion;
  suite.passed_over = std::move(search.passed_over);
  for (auto source = sources.begin(); source != sources.end();) {
    const auto next =
        std::find_if(source, sources.end(), [&](const auto& other) { return other.name != source->name; });
    try {
      if (next - source > 1)
        throw InputError(source->path.string(), "has the same task name as " + std::next(source)->path.string(),
                         "rename one of them");
      suite.tasks.push_back(read_task(*source, texts, options));
    } catch (const InputError& error) {
      suite.problems.push_back({.task = source->name, .message = error.what()});
    }
    source = next;
  }
  return suite;
}

}  // namespace lorasweep
