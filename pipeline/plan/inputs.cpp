// SPDX-License-Identifier: Apache-2.0
// Reads what a configuration points at, and goes on after every refusal.
#include "pipeline/plan/inputs.h"

#include "data/core/error.h"
#include "data/model/hub_cache.h"
#include "data/tokenizer/make_tokenizer.h"
#include "pipeline/plan/adapter_names.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
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
std::optional<ModelPlan> read_base(const std::string& path, SweepInputs& inputs, std::vector<std::string>& problems) {
  std::optional<ModelPlan> plan;
  attempt(problems, [&] {
    const std::filesystem::path directory = find_model(path);
    const ModelConfig config = read_model_config(directory);
    plan = model_plan(config);
    attempt(problems, [&] { inputs.tokenizer = make_tokenizer(config, directory); });
    inputs.base = std::make_unique<Checkpoint>(directory, *plan);
  });
  if (plan && inputs.tokenizer && inputs.tokenizer->vocabulary() > plan->vocabulary)
    problems.push_back(
        fmt::format("{}: the tokenizer knows {} tokens, the model's embedding {}; take both from one model directory",
                    inputs.tokenizer->files().front().string(), inputs.tokenizer->vocabulary(), plan->vocabulary));
  return plan;
}

// Without a base model there are no shapes to hold adapters to: then only their names are checked.
void read_library(const RunConfig& config, const std::optional<ModelPlan>& base, LibraryValues values,
                  SweepInputs& inputs, std::vector<std::string>& problems) {
  const std::vector<NamedAdapter> named = name_adapters(config.adapters, problems, inputs.passed_over);
  for (const NamedAdapter& entry : named)
    attempt(problems, [&] {
      if (!base) return;
      Adapter adapter(entry.directory, *base);
      adapter.rename(entry.name);
      if (values == LibraryValues::checked || problems.empty()) {
        adapter.load();
        inputs.contents.push_back(adapter.content());
      }
      if (values == LibraryValues::checked || !problems.empty()) adapter.unload();
      inputs.library.push_back(std::move(adapter));
    });
  if (config.search.composition == Composition::lorahub)
    for (std::size_t i = 1; i < inputs.library.size(); ++i)
      attempt(problems, [&] { require_same_architecture({&inputs.library[0], &inputs.library[i]}); });
  const std::size_t count = config.adapters.count;
  if (config.adapters.select == AdapterSelection::random && !named.empty() && count > named.size())
    problems.push_back(
        fmt::format("adapters.count: {} adapters are to be drawn, but the library has {}; lower adapters.count", count,
                    named.size()));
}

void read_suite(const TasksConfig& config, SweepInputs& inputs, std::vector<std::string>& problems) {
  attempt(problems, [&] {
    inputs.suite = read_tasks({.path = config.path,
                               .names = config.names,
                               .shots = config.shots,
                               .shot_seed = config.shot_seed,
                               .pool = config.pool,
                               .prompt = config.prompt,
                               .limit = config.limit});
    for (const TaskProblem& problem : inputs.suite.problems) problems.push_back(problem.message);
    for (const PassedOver& entry : inputs.suite.passed_over) inputs.passed_over.push_back(entry);
  });
}

}  // namespace

SweepInputs read_inputs(const RunConfig& config, std::vector<std::string>& problems, LibraryValues library) {
  SweepInputs inputs;
  const std::optional<ModelPlan> base = read_base(config.model.path, inputs, problems);
  read_suite(config.tasks, inputs, problems);  // before the library, which is large
  read_library(config, base, library, inputs, problems);
  return inputs;
}

void check_base_values(const SweepInputs& inputs, std::vector<std::string>& problems) {
  if (inputs.base)
    for (const StoredTensor& tensor : stored_tensors(inputs.base->plan()))
      attempt(problems, [&] { inputs.base->read(tensor.name); });
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
