// SPDX-License-Identifier: Apache-2.0
// Reads what a configuration points at, and goes on after every refusal.
#include "pipeline/plan/inputs.h"

#include "data/core/error.h"
#include "data/core/parallel.h"
#include "data/model/hub_cache.h"
#include "data/tokenizer/make_tokenizer.h"
#include "pipeline/config/budget.h"
#include "pipeline/config/config_schema.h"
#include "pipeline/config/task_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

/// Runs `step`; what the user can correct becomes a problem. Defects and failing disks still end the program.
template <typename Step>
void attempt(std::vector<std::string>& problems, Step step) {
  try {
    step();
  } catch (const InputError& error) {
    problems.emplace_back(error.what());
  } catch (const ConfigError& error) {
    problems.emplace_back(error.what());
  }
}

// A broken weight file must not keep adapters from being checked: config.json is enough for that. It also says which
// tokenizer the model has.
std::optional<ModelPlan> read_base(const BaseModelConfig& model, SweepInputs& inputs,
                                   std::vector<std::string>& problems) {
  std::optional<ModelPlan> plan;
  attempt(problems, [&] {
    const std::filesystem::path directory = find_model(model.path);
    const ModelConfig config = read_model_config(directory);
    plan = model_plan(config);
    attempt(problems, [&] {
      inputs.tokenizer = make_tokenizer(config, model.tokenizer.empty() ? directory : find_model(model.tokenizer));
    });
    inputs.base = std::make_unique<Checkpoint>(directory, *plan);
    for (const auto& file : inputs.base->files()) inputs.base_files.emplace_back(file, mark_of(file));
    if (inputs.tokenizer)
      for (const auto& file : inputs.tokenizer->files()) inputs.base_files.emplace_back(file, mark_of(file));
  });
  if (plan && inputs.tokenizer && inputs.tokenizer->vocabulary() > plan->vocabulary)
    problems.push_back(
        fmt::format("{}: the tokenizer knows {} tokens, the model's embedding {}; take both from one model directory",
                    inputs.tokenizer->files().front().string(), inputs.tokenizer->vocabulary(), plan->vocabulary));
  return plan;
}

constexpr std::size_t most_readers = 6;  // threads; each holds files open, and a process may not hold many

// Of the files that may hold the values of adapters, by the names that PEFT gives them.
std::uintmax_t bytes_of_values(const std::vector<NamedAdapter>& adapters) {
  std::uintmax_t bytes = 0;
  for (const NamedAdapter& adapter : adapters) {
    std::error_code error, ignored;  // what cannot be listed is refused where it is opened
    for (std::filesystem::directory_iterator entry(adapter.directory, error), end; !error && entry != end;
         entry.increment(error))
      if (entry->path().filename().string().starts_with("adapter_model") && entry->is_regular_file(ignored))
        bytes += entry->file_size(ignored);
  }
  return bytes;
}

class LibraryReader {
 public:
  LibraryReader(const RunConfig& config, LibraryValues values, SweepInputs& inputs, std::vector<std::string>& problems)
      : config_(config), values_(values), inputs_(inputs), problems_(problems) {}

  // Without a base model there are no shapes to hold adapters to: then only their names are checked.
  void read(const std::optional<ModelPlan>& base, std::span<const UnusableAdapter> skipped_before) {
    const AdapterNames names = name_adapters(config_.adapters, problems_);
    for (const PassedOver& entry : names.passed_over) inputs_.passed_over.push_back(entry);
    for (const UnusableAdapter& entry : names.unusable) refuse(entry);
    choose_values(names.adapters);
    std::vector<NamedAdapter> wanted;
    for (const NamedAdapter& entry : names.adapters) {
      const auto before = std::ranges::find(skipped_before, entry.name, &UnusableAdapter::name);
      if (before != skipped_before.end())
        inputs_.skipped.push_back(*before);
      else if (base)
        wanted.push_back(entry);
    }
    for (std::size_t first = 0; first < wanted.size(); first += at_once)
      read_some(std::span(wanted).subspan(first, std::min(at_once, wanted.size() - first)), *base);
    if (config_.search.composition == Composition::lorahub)
      for (std::size_t i = 1; i < inputs_.library.size(); ++i)
        attempt(problems_, [&] { require_same_architecture({&inputs_.library[0], &inputs_.library[i]}); });
    const std::size_t named = names.adapters.size() + names.unusable.size();
    if (named > 0) check_count(named - inputs_.skipped.size());
  }

 private:
  static constexpr std::size_t at_once = 64;  // adapters that are opened before the first problem of any counts

  void refuse(UnusableAdapter adapter) {
    if (config_.adapters.on_unusable == OnUnusable::skip)
      inputs_.skipped.push_back(std::move(adapter));
    else
      problems_.push_back(std::move(adapter.reason));
  }

  void choose_values(const std::vector<NamedAdapter>& adapters) {
    if (values_ == LibraryValues::kept || values_ == LibraryValues::checked) return;
    const std::uintmax_t bytes = bytes_of_values(adapters);
    const bool affordable = values_ == LibraryValues::affordable && bytes <= affordable_values;
    values_ = affordable ? LibraryValues::checked : LibraryValues::tables;
    inputs_.unread = affordable ? 0 : bytes;
  }

  // What became of an adapter.
  struct Reading {
    std::optional<Adapter> adapter;
    std::optional<AdapterContent> content;
    std::string problem;
  };

  // On all cores, and taken up in the order of the list.
  void read_some(std::span<const NamedAdapter> entries, const ModelPlan& base) {
    std::vector<Reading> readings(entries.size());
    in_parallel(
        entries.size(), [&](std::size_t i) { readings[i] = read_one(entries[i], base); }, most_readers);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (!readings[i].adapter) {
        refuse({entries[i].name, std::move(readings[i].problem)});
        continue;
      }
      if (readings[i].content) inputs_.contents.push_back(std::move(*readings[i].content));
      inputs_.library.push_back(std::move(*readings[i].adapter));
    }
  }

  Reading read_one(const NamedAdapter& entry, const ModelPlan& base) const {
    Reading reading;
    try {
      Adapter adapter(entry.directory, base, inputs_.base.get());
      adapter.rename(entry.name);
      if (inputs_.tokenizer) inputs_.tokenizer->refuse_other_tokens(entry.directory);
      if (values_ == LibraryValues::checked || (values_ == LibraryValues::kept && problems_.empty())) {
        adapter.load();
        reading.content = adapter.content();
      }
      if (values_ != LibraryValues::kept || !problems_.empty()) adapter.unload();
      reading.adapter = std::move(adapter);
    } catch (const InputError& error) {
      reading.problem = error.what();
    }
    return reading;
  }

  void check_count(std::size_t usable) {
    const std::size_t count = counted_adapters(config_), skipped = inputs_.skipped.size();
    const std::string of_skipped =
        skipped == 0 ? "" : fmt::format(" ({} cannot be used: {})", skipped, inputs_.skipped.front().reason);
    if (usable == 0)
      problems_.push_back(fmt::format("adapters: there is none that can be used{}", of_skipped));
    else if (config_.adapters.select == AdapterSelection::random && config_.search.method != given_method &&
             count > usable)
      problems_.push_back(
          fmt::format("adapters.count: {} adapters are to be drawn, but the library has {}{}; lower adapters.count",
                      count, usable, of_skipped));
  }

  const RunConfig& config_;
  LibraryValues values_;
  SweepInputs& inputs_;
  std::vector<std::string>& problems_;
};

void find_places(const ModelPlan& base, const Scope& scope, SweepInputs& inputs) {
  std::set<int> changed;
  for (const Adapter& adapter : inputs.library)
    for (const AdapterSite& site : adapter.sites()) changed.insert(site.site);
  inputs.places = scope_places(base, scope, place_names(base, scope, changed));
}

void read_suite(const TaskOptions& options, SweepInputs& inputs, std::vector<std::string>& problems) {
  attempt(problems, [&] {
    inputs.suite = read_tasks(options);
    for (const TaskProblem& problem : inputs.suite.problems) problems.push_back(problem.message);
    for (const PassedOver& entry : inputs.suite.passed_over) inputs.passed_over.push_back(entry);
  });
}

// Rows are held to tasks and adapters, so only where these are known to be all.
void read_weights(const RunConfig& config, const ReadFoundRows& read_found, SweepInputs& inputs,
                  std::vector<std::string>& problems) {
  if (config.search.method != given_method) return;
  const bool complete = problems.empty();
  attempt(problems, [&] {
    const GivenFile file = read_weight_file(config.search.weights, read_found);
    if (!complete) return;
    WeightedSweep sweep{.tasks = {}, .seeds = config.search.seeds, .adapters = {}, .places = inputs.places.names};
    for (const Task& task : inputs.suite.tasks) sweep.tasks.push_back(task.name);
    for (const Adapter& adapter : inputs.library) sweep.adapters.push_back(adapter.name());
    inputs.given = given_weights(file.rows, sweep, config.search.weights.string(), problems);
    inputs.given->sha256 = file.sha256;
  });
}

}  // namespace

SweepInputs read_inputs(const RunConfig& config, std::vector<std::string>& problems, LibraryValues library,
                        std::span<const UnusableAdapter> skipped_before, const ReadFoundRows& read_found) {
  SweepInputs inputs;
  const std::optional<ModelPlan> base = read_base(config.model, inputs, problems);
  TaskOptions tasks = task_options(config.tasks, base && base->continues_prompt);
  if (!config.predict.wants(Subject::few_shot)) tasks.few_shot = FewShotPrompts::if_there;
  read_suite(tasks, inputs, problems);  // before the library, which is large
  LibraryReader(config, library, inputs, problems).read(base, skipped_before);
  if (base) attempt(problems, [&] { find_places(*base, config.search.scope, inputs); });
  read_weights(config, read_found, inputs, problems);
  return inputs;
}

ExitCode code_of(const std::vector<std::string>& problems) {
  const auto is_of_setting = [](const std::string& problem) {
    return std::ranges::any_of(config_fields(),
                               [&](const Field& field) { return problem.starts_with(field.name() + ":"); });
  };
  return std::ranges::all_of(problems, is_of_setting) ? ExitCode::usage : ExitCode::bad_input;
}

// As PyTorch rounds: to the nearest bf16, or to infinity from half a step above the greatest of them on.
Tensor base_values(const SweepInputs& inputs, const std::string& name, Element element) {
  constexpr float first_infinite = 0x1.ffp127f;
  Tensor tensor = inputs.base->read(name);
  if (element == Element::bf16 &&
      std::ranges::any_of(tensor.values, [](float value) { return std::abs(value) >= first_infinite; }))
    throw InputError(inputs.base->files().at(1).string() + ", tensor " + name,
                     "holds a number beyond those of bf16 (3.39e38), which would become infinite",
                     "set model.dtype to \"f32\", or download the weights again");
  return tensor;
}

void require_unchanged_base(const SweepInputs& inputs) {
  for (const auto& [file, mark] : inputs.base_files)
    if (mark_of(file) != mark)
      throw InputError(file.string(),
                       "was changed while the sweep was being started: parts of it may be of either state",
                       "start again once nobody writes to it");
}

void check_base_values(const SweepInputs& inputs, Element element, std::vector<std::string>& problems) {
  if (inputs.base)
    for (const StoredTensor& tensor : stored_tensors(inputs.base->plan()))
      attempt(problems, [&] { base_values(inputs, tensor.name, element); });
}

std::vector<std::string> idle_settings(const RunConfig& config, const TaskSuite& suite) {
  const bool folders_only = std::ranges::all_of(
      suite.tasks, [](TaskForm form) { return form == TaskForm::lorahub_folder; }, &Task::form);
  if (!config.tasks.pool || suite.tasks.empty() || !folders_only) return {};
  return {"tasks.pool has no effect: LoraHub folders say themselves what is learned from and what is tested"};
}

std::vector<std::string> equal_tasks(const TaskSuite& suite) {
  std::map<std::vector<std::pair<std::string, std::string>>, std::vector<std::string>> names_of_test;
  for (const Task& task : suite.tasks) {
    std::vector<std::pair<std::string, std::string>> test;
    for (const TextExample& example : task.test) test.emplace_back(example.input, example.target);
    names_of_test[std::move(test)].push_back(task.name);
  }
  std::vector<std::string> notes;
  for (const auto& [test, names] : names_of_test)
    if (names.size() > 1)
      notes.push_back(
          fmt::format("tasks {} have the same test examples: each counts separately", fmt::join(names, ", ")));
  return notes;
}

}  // namespace lorasweep
