// SPDX-License-Identifier: Apache-2.0
// Directories: models, adapters, LoraHub tasks, runs, and directories of these.
#include "data/adapters/adapter_search.h"
#include "data/adapters/peft_config.h"
#include "data/core/error.h"
#include "data/formats/weights_of_directory.h"
#include "data/model/checkpoint.h"
#include "data/tasks/lorahub_folder.h"
#include "data/tasks/task_source.h"
#include "data/tokenizer/make_tokenizer.h"
#include "pipeline/cli/inspection.h"
#include "pipeline/manifest/run_directory.h"

#include <fmt/format.h>

namespace lorasweep {
namespace {

template <typename Tensors>
std::uint64_t parameters_of(const Tensors& tensors) {
  std::uint64_t count = 0;
  for (const auto& tensor : tensors) count += element_count(tensor.shape);
  return count;
}

Inspection inspect_model(const std::filesystem::path& directory) {
  const Checkpoint checkpoint(directory);
  const ModelPlan& plan = checkpoint.plan();
  Inspection found = {{"kind", plan.kind}};
  for (const auto& [name, value] : plan.facts) found[name] = value;
  found["parameters"] = parameters_of(stored_tensors(plan));
  for (const auto& file : checkpoint.files()) found["files"].push_back(file.filename().string());
  if (has_tokenizer(plan.config, directory))
    found["tokenizer_vocabulary"] = make_tokenizer(plan.config, directory)->vocabulary();
  else
    found["tokenizer_vocabulary"] = nullptr;
  return found;
}

Inspection inspect_adapter(const std::filesystem::path& directory) {
  const PeftConfig config = read_peft_config(directory, {});
  const auto weights = open_weights_of_directory(directory, "adapter_model", "adapter_model");
  return {{"kind", "LoRA adapter"},
          {"rank", config.r},
          {"lora_alpha", config.lora_alpha},
          {"use_rslora", config.use_rslora},
          {"target_modules", config.target_modules},  // empty: PEFT's own for the base model
          {"base_model", config.base_model_name},
          {"tensors", weights->tensors().size()},
          {"parameters", parameters_of(weights->tensors())},
          {"file", weights->files().front().filename().string()}};
}

Inspection inspect_lorahub_task(const std::filesystem::path& directory) {
  const LorahubFolder task = read_lorahub_folder(directory);
  return {{"kind", "LoraHub task"},
          {"examples_to_learn_from", task.examples.size()},
          {"test_examples", task.zero_shot.size()},
          {"few_shot_examples", task.few_shot.size()}};
}

Inspection inspect_collection(const std::filesystem::path& directory) {
  if (const auto adapters = search_adapters(directory).found; !adapters.empty()) {
    Inspection found = {{"kind", "adapter library"}, {"adapters", adapters.size()}};
    for (const auto& adapter : adapters) found["names"].push_back(adapter.generic_string());
    return found;
  }
  try {
    const std::vector<TaskSource> tasks = search_tasks(directory).found;
    Inspection found = {{"kind", "task suite"}, {"tasks", tasks.size()}};
    for (const TaskSource& task : tasks) found["names"].push_back(task.name);
    return found;
  } catch (const ConfigError&) {
    throw InputError(directory.string(),
                     "is a directory without anything that lorasweep knows: a model, adapter, task or run", "");
  }
}

}  // namespace

Inspection inspect_directory(const std::filesystem::path& directory) {
  if (std::filesystem::exists(journal_path(directory))) return inspect_run(directory);
  if (std::filesystem::exists(directory / "adapter_config.json")) return inspect_adapter(directory);
  if (std::filesystem::exists(directory / "config.json")) return inspect_model(directory);
  if (is_lorahub_folder(directory)) return inspect_lorahub_task(directory);
  return inspect_collection(directory);
}

}  // namespace lorasweep
