// SPDX-License-Identifier: Apache-2.0
// Digests the inputs and lists the plan for the manifest.
#include "pipeline/run/make_manifest.h"

#include "data/core/digest.h"
#include "data/tasks/text_digest.h"
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

// The digest of a single file stands for itself.
std::string digest_tokenizer(const Tokenizer& tokenizer) {
  const std::vector<std::filesystem::path> files = tokenizer.files();
  const std::string of_files = files.size() == 1 ? sha256_file(files.front()) : digest_files(files);
  if (tokenizer.settings().empty()) return of_files;
  Sha256 digest;
  digest.add(of_files);
  digest.add(tokenizer.settings());
  return digest.hex();
}

std::string random_uuid() {
  std::random_device device;
  const auto word = [&] { return device(); };
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:08x}{:04x}", word(), word() & 0xffff, word() & 0xfff,
                     0x8000 | (word() & 0x3fff), word(), word() & 0xffff);
}

std::vector<Manifest::Trials> manifest_entries(const std::vector<PlannedTrial>& trials) {
  std::vector<Manifest::Trials> entries;
  for (const PlannedTrial& trial : trials) {
    if (entries.empty() || entries.back().kind != trial.kind || entries.back().index != trial.index)
      entries.push_back({.kind = trial.kind, .index = trial.index, .positions = {}});
    entries.back().positions.push_back(trial.position);
  }
  return entries;
}

}  // namespace

Manifest::Adapter manifest_entry(const Adapter& adapter, const AdapterContent& content) {
  return {.name = adapter.name(),
          .source = adapter.directory().string(),
          .sha256 = content.sha256,
          .format = adapter.format(),
          .rank = adapter.rank(),
          .alpha = adapter.alpha(),
          .base_model = adapter.base_model_name(),
          .target_modules = fmt::format("{}", fmt::join(adapter.target_modules(), ",")),
          .sites = static_cast<std::int32_t>(adapter.sites().size()),
          .idle_sites = content.idle_sites};
}

Manifest::Task manifest_entry(const Task& task, const PlannedTask& planned, const Catalogue& catalogue) {
  Manifest::Task entry{.name = task.name,
                       .source = task.source.string(),
                       .sha256 = digest_of_texts(task),
                       .shots_sha256 = digest_of_texts({&task.shots}),
                       .shot_tokens = {},
                       .targets = planned.targets,
                       .cut = planned.cut};
  const auto tokens = [&](std::size_t draw) {
    std::vector<std::int32_t> counts;
    for (const std::int32_t index : catalogue.example_sets[planned.example_set + draw])
      counts.push_back(static_cast<std::int32_t>(catalogue.examples[index].target.size()));
    return counts;
  };
  entry.shot_tokens = tokens(0);
  for (std::size_t d = 0; d < task.further_shots.size(); ++d)
    entry.further_shots.push_back({digest_of_texts({&task.further_shots[d]}), tokens(d + 1)});
  return entry;
}

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
                    .revision = numerics_revision(config.search.composition),
                    .check = device.check,
                    .adapters = {},
                    .adapter_sets = plan.adapter_sets,
                    .tasks = {},
                    .searches = {},
                    .baselines = {}};
  manifest.config.tasks.prompt = inputs.suite.prompt;
  manifest.config.tasks.completion = inputs.suite.completion == default_completion ? "" : inputs.suite.completion;
  for (std::size_t i = 0; i < inputs.library.size(); ++i)
    manifest.adapters.push_back(manifest_entry(inputs.library[i], inputs.contents.at(i)));
  for (const UnusableAdapter& adapter : inputs.skipped)
    manifest.skipped_adapters.push_back({adapter.name, adapter.reason});
  for (std::size_t t = 0; t < plan.tasks.size(); ++t)
    manifest.tasks.push_back(manifest_entry(inputs.suite.tasks[t], plan.tasks[t], plan.catalogue));
  for (const PlannedSearch& search : plan.searches)
    manifest.searches.push_back({search.task, search.replicate, search.seed, search.adapter_set, search.answers});
  if (plan.replicates != named_replicates(config).size())
    manifest.replicates = static_cast<std::int32_t>(plan.replicates);
  if (inputs.given) manifest.weights_sha256 = inputs.given->sha256;
  for (const PlannedBaseline& baseline : plan.baselines) manifest.baselines.push_back({baseline.kind, baseline.task});
  manifest.trials = manifest_entries(plan.trials);
  manifest.screen_only = plan.screen_only;
  manifest.places = inputs.places.names;
  return manifest;
}

}  // namespace lorasweep
