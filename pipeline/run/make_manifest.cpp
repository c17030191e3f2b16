// SPDX-License-Identifier: Apache-2.0
#include "pipeline/run/make_manifest.h"

#include "data/core/digest.h"
#include "pipeline/manifest/numerics.h"
#include "pipeline/manifest/run_directory.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <random>

namespace lorasweep {
namespace {

std::string digest_files(const std::vector<std::filesystem::path>& files) {
  Sha256 digest;
  for (const auto& file : files) digest.add(sha256_file(file));
  return digest.hex();
}

// One file is its own digest.
std::string digest_tokenizer(const Tokenizer& tokenizer) {
  const std::vector<std::filesystem::path> files = tokenizer.files();
  const std::string of_files = files.size() == 1 ? sha256_file(files.front()) : digest_files(files);
  if (tokenizer.settings().empty()) return of_files;
  Sha256 digest;
  digest.add(of_files);
  digest.add(tokenizer.settings());
  return digest.hex();
}

std::string digest_texts(std::initializer_list<const std::vector<TextExample>*> lists) {
  Sha256 digest;
  for (const auto* list : lists) {
    digest.add(static_cast<std::uint64_t>(list->size()));
    for (const TextExample& example : *list) {
      digest.add(example.input);
      digest.add(example.target);
    }
  }
  return digest.hex();
}

std::string random_uuid() {
  std::random_device device;
  const auto word = [&] { return static_cast<unsigned>(device()); };
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:08x}{:04x}", word(), word() & 0xffff, word() & 0xfff,
                     0x8000 | (word() & 0x3fff), word(), word() & 0xffff);
}

}  // namespace

Manifest make_manifest(const RunConfig& config, const SweepInputs& inputs, const Plan& plan,
                       const ChosenDevice& device) {
  Manifest manifest{.version = LORASWEEP_VERSION,
                    .run_uuid = random_uuid(),
                    .created_utc = utc_now(),
                    .base_path = config.model.path,
                    .base_config = inputs.base->plan().config,
                    .base_sha256 = digest_files(inputs.base->files()),
                    .tokenizer_sha256 = digest_tokenizer(*inputs.tokenizer),
                    .config = config,
                    .device = device.signature,
                    .revision = numerics_revision,
                    .check = device.check,
                    .adapters = {},
                    .adapter_sets = plan.catalogue.adapter_sets,
                    .tasks = {},
                    .searches = {},
                    .baselines = {}};
  for (const Adapter& adapter : inputs.library)
    manifest.adapters.push_back({.name = adapter.name(),
                                 .source = adapter.directory().string(),
                                 .sha256 = adapter.digest(),
                                 .format = adapter.format(),
                                 .rank = adapter.rank(),
                                 .alpha = adapter.alpha(),
                                 .base_model = adapter.base_model_name(),
                                 .target_modules = fmt::format("{}", fmt::join(adapter.target_modules(), ","))});
  for (std::size_t t = 0; t < plan.tasks.size(); ++t) {
    const Task& task = inputs.suite.tasks[t];
    Manifest::Task entry{.name = task.name,
                         .source = task.source.string(),
                         .sha256 = digest_texts({&task.shots, &task.test, &task.few_shot}),
                         .shots_sha256 = digest_texts({&task.shots}),
                         .shot_tokens = {},
                         .targets = plan.tasks[t].targets};
    for (const std::int32_t index : plan.catalogue.example_sets[plan.tasks[t].example_set])
      entry.shot_tokens.push_back(static_cast<std::int32_t>(plan.catalogue.examples[index].target.size()));
    manifest.tasks.push_back(std::move(entry));
  }
  for (const PlannedSearch& search : plan.searches)
    manifest.searches.push_back({search.task, search.replicate, search.seed, search.adapter_set});
  for (const PlannedBaseline& baseline : plan.baselines) manifest.baselines.push_back({baseline.kind, baseline.task});
  return manifest;
}

}  // namespace lorasweep
