// SPDX-License-Identifier: Apache-2.0
// Draws adapters, tokenises examples, lists searches.
#include "pipeline/plan/plan.h"

#include "data/core/error.h"
#include "data/random/python_random.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace lorasweep {
namespace {

std::int32_t add_example(Catalogue& catalogue, const TextExample& example, const Tokenizer& tokenizer) {
  auto [source, target] = tokenizer.encode_pair(example.input, example.target);
  catalogue.examples.push_back({.source = std::move(source), .target = std::move(target)});
  return static_cast<std::int32_t>(catalogue.examples.size() - 1);
}

std::vector<std::int32_t> add_examples(Catalogue& catalogue, const std::vector<TextExample>& examples,
                                       const Tokenizer& tokenizer) {
  std::vector<std::int32_t> indices;
  for (const TextExample& example : examples) indices.push_back(add_example(catalogue, example, tokenizer));
  return indices;
}

PlannedTask add_task(Catalogue& catalogue, const Task& task, const PredictConfig& predict, const Tokenizer& tokenizer) {
  PlannedTask planned{.name = task.name, .example_set = static_cast<std::int32_t>(catalogue.example_sets.size())};
  catalogue.example_sets.push_back(add_examples(catalogue, task.shots, tokenizer));
  planned.test = add_examples(catalogue, task.test, tokenizer);
  if (predict.wants(Subject::few_shot)) planned.few_shot = add_examples(catalogue, task.few_shot, tokenizer);
  for (const TextExample& example : task.test) planned.targets.push_back(example.target);
  return planned;
}

std::vector<std::int32_t> draw_adapters(const AdaptersConfig& config, std::uint32_t seed, std::size_t library_size) {
  if (config.select == AdapterSelection::random) {
    const std::vector<int> drawn = PythonRandom(seed).sample(static_cast<int>(library_size), config.count);
    return {drawn.begin(), drawn.end()};
  }
  std::vector<std::int32_t> whole(library_size);
  std::iota(whole.begin(), whole.end(), 0);
  return whole;
}

/// Index of `set` among the catalogue's, added if it is new.
std::int32_t share_adapter_set(Catalogue& catalogue, std::vector<std::int32_t> set) {
  auto& sets = catalogue.adapter_sets;
  const auto place = std::ranges::find(sets, set) - sets.begin();
  if (place == std::ssize(sets)) sets.push_back(std::move(set));
  return static_cast<std::int32_t>(place);
}

}  // namespace

const std::vector<std::int32_t>& examples_of(const Plan& plan, const PlannedBaseline& baseline) {
  const PlannedTask& task = plan.tasks.at(static_cast<std::size_t>(baseline.task));
  switch (baseline.kind) {
    case Subject::zero_shot: return task.test;
    case Subject::few_shot: return task.few_shot;
    case Subject::search: break;
  }
  throw InternalError("a search is no baseline");
}

Plan make_plan(const RunConfig& config, const TaskSuite& suite, const std::vector<std::string>& library_names,
               const Tokenizer& tokenizer) {
  Plan plan;
  for (const Task& task : suite.tasks) plan.tasks.push_back(add_task(plan.catalogue, task, config.predict, tokenizer));

  std::vector<std::int32_t> set_of_replicate;
  for (const std::uint32_t seed : config.search.seeds)
    set_of_replicate.push_back(
        share_adapter_set(plan.catalogue, draw_adapters(config.adapters, seed, library_names.size())));

  for (std::size_t t = 0; t < plan.tasks.size(); ++t)
    for (std::size_t r = 0; r < config.search.seeds.size(); ++r)
      plan.searches.push_back({.task = static_cast<std::int32_t>(t),
                               .replicate = static_cast<std::int32_t>(r),
                               .seed = config.search.seeds[r],
                               .adapter_set = set_of_replicate[r]});
  for (const Subject kind : baseline_subjects)
    for (std::size_t t = 0; config.predict.wants(kind) && t < plan.tasks.size(); ++t)
      plan.baselines.push_back({kind, static_cast<std::int32_t>(t)});
  return plan;
}

}  // namespace lorasweep
