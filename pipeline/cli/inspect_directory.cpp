// SPDX-License-Identifier: Apache-2.0
// Directories: models, adapters, LoraHub tasks, runs, and directories of these.
#include "data/adapters/adapter_search.h"
#include "data/core/error.h"
#include "data/formats/weights_of_directory.h"
#include "data/model/checkpoint.h"
#include "data/tasks/lorahub_folder.h"
#include "data/tasks/task_source.h"
#include "data/tokenizer/chat_template.h"
#include "data/tokenizer/make_tokenizer.h"
#include "pipeline/cli/inspection.h"
#include "pipeline/manifest/run_directory.h"

#include <fmt/format.h>

#include <set>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

template <typename Tensors>
std::uint64_t parameters_of(const Tensors& tensors) {
  std::uint64_t count = 0;
  for (const auto& tensor : tensors) count += element_count(tensor.shape);
  return count;
}

Inspection element_types_of(const std::vector<TensorInfo>& tensors) {
  std::set<std::string> types;
  for (const TensorInfo& tensor : tensors) types.insert(name_of(tensor.dtype));
  return types;
}

Inspection inspect_model(const std::filesystem::path& directory) {
  const Checkpoint checkpoint(directory);
  const ModelPlan& plan = checkpoint.plan();
  Inspection found = {{"kind", plan.kind}};
  for (const auto& [name, value] : plan.facts) found[name] = value;
  found["parameters"] = parameters_of(stored_tensors(plan));
  found["element_types"] = element_types_of(open_weights_of_directory(directory, "model", "pytorch_model")->tensors());
  std::uintmax_t bytes = 0;
  for (const auto& file : checkpoint.files()) {
    found["files"].push_back(file.filename().string());
    bytes += std::filesystem::file_size(file);
  }
  found["bytes"] = bytes;
  if (has_tokenizer(plan.config, directory))
    found["tokenizer_vocabulary"] = make_tokenizer(plan.config, directory)->vocabulary();
  else
    found["tokenizer_vocabulary"] = nullptr;
  for (const ChatTemplate& each : chat_templates(directory))
    found[each.name == "default" ? "chat_template" : "chat_template " + each.name] = each.text;
  return found;
}

Inspection inspect_lorahub_task(const std::filesystem::path& directory) {
  const LorahubFolder task = read_lorahub_folder(directory, FewShotPrompts::if_there);
  return {{"kind", "LoraHub task"},
          {"examples_to_learn_from", task.examples.size()},
          {"test_examples", task.zero_shot.size()},
          {"few_shot_examples", task.few_shot.size()}};
}

Inspection inspect_collection(const std::filesystem::path& directory) {
  if (const AdapterSearch search = search_adapters(directory); !search.found.empty() || !search.unusable.empty()) {
    Inspection found = {{"kind", "adapter library"}, {"adapters", search.found.size()}};
    for (const auto& adapter : search.found) found["names"].push_back(adapter.generic_string());
    for (const UnusableDirectory& entry : search.unusable) found["unusable"].push_back(entry.problem.what());
    found["library"] = library_rows(directory);
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
