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

/// Examples of one list of a task, tokenised.
struct AddedExamples {
  std::vector<std::int32_t> indices;                   ///< into Catalogue::examples
  std::vector<std::int32_t> cut_sources, cut_targets;  ///< places in the list
  std::vector<std::size_t> target_lengths;             ///< without the end token
  std::size_t longest = 0;                             ///< source
};

AddedExamples add_examples(Catalogue& catalogue, const std::vector<TextExample>& examples, const Tokenizer& tokenizer) {
  AddedExamples added;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    Tokenizer::Pair pair = tokenizer.encode_pair(examples[i].input, examples[i].target);
    if (pair.source_length > pair.source.size()) added.cut_sources.push_back(static_cast<std::int32_t>(i));
    if (pair.target_length > pair.target.size()) added.cut_targets.push_back(static_cast<std::int32_t>(i));
    added.longest = std::max(added.longest, pair.source_length);
    added.target_lengths.push_back(std::max<std::size_t>(pair.target_length, 1) - 1);
    added.indices.push_back(static_cast<std::int32_t>(catalogue.examples.size()));
    catalogue.examples.push_back({.source = std::move(pair.source), .target = std::move(pair.target)});
  }
  return added;
}

std::vector<std::int32_t> longer_than(const std::vector<std::size_t>& lengths, int most) {
  std::vector<std::int32_t> places;
  for (std::size_t i = 0; i < lengths.size(); ++i)
    if (lengths[i] > static_cast<std::size_t>(most)) places.push_back(static_cast<std::int32_t>(i));
  return places;
}

PlannedTask add_task(Catalogue& catalogue, const Task& task, const PredictConfig& predict, const Tokenizer& tokenizer) {
  PlannedTask planned{.name = task.name, .example_set = static_cast<std::int32_t>(catalogue.example_sets.size())};
  AddedExamples shots = add_examples(catalogue, task.shots, tokenizer);
  AddedExamples test = add_examples(catalogue, task.test, tokenizer);
  planned.longest = std::max(shots.longest, test.longest);
  catalogue.example_sets.push_back(std::move(shots.indices));
  planned.test = std::move(test.indices);
  planned.cut = {.shots = std::move(shots.cut_sources),
                 .shot_targets = std::move(shots.cut_targets),
                 .test = std::move(test.cut_sources),
                 .few_shot = {}};
  planned.out_of_reach = longer_than(test.target_lengths, predict.max_new_tokens);
  if (predict.wants(Subject::few_shot)) {
    AddedExamples few_shot = add_examples(catalogue, task.few_shot, tokenizer);
    planned.longest = std::max(planned.longest, few_shot.longest);
    planned.few_shot = std::move(few_shot.indices);
    planned.cut.few_shot = std::move(few_shot.cut_sources);
  }
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
  const PlannedTask& task = plan.tasks.at(baseline.task);
  switch (baseline.kind) {
    case Subject::zero_shot: return task.test;
    case Subject::few_shot: return task.few_shot;
    case Subject::search: break;
  }
  throw InternalError("a search is not a baseline");
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
