// SPDX-License-Identifier: Apache-2.0
// Draws adapters, lists searches.
#include "pipeline/plan/plan.h"

#include "data/core/error.h"
#include "data/random/python_random.h"
#include "pipeline/config/budget.h"
#include "pipeline/config/replicates.h"
#include "pipeline/plan/encode_task.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

namespace lorasweep {
namespace {

std::vector<std::int32_t> draw_adapters(const RunConfig& config, std::uint32_t seed, std::size_t library_size) {
  if (config.adapters.select == AdapterSelection::random) {
    const std::vector<int> drawn =
        PythonRandom(seed).sample(static_cast<int>(library_size), static_cast<int>(counted_adapters(config)));
    return {drawn.begin(), drawn.end()};
  }
  std::vector<std::int32_t> whole(library_size);
  std::iota(whole.begin(), whole.end(), 0);
  return whole;
}

/// Index of `set` among `sets`, added if it is new.
std::int32_t share_adapter_set(std::vector<std::vector<std::int32_t>>& sets, std::vector<std::int32_t> set) {
  const auto place = std::ranges::find(sets, set) - sets.begin();
  if (place == std::ssize(sets)) sets.push_back(std::move(set));
  return static_cast<std::int32_t>(place);
}

std::vector<Replicate> replicates_of(const RunConfig& config, const PlanOptions& options) {
  if (!options.replicates)
    return different_replicates(config, options.given != nullptr ? options.given->seed_decides : seed_decides(config));
  std::vector<Replicate> replicates = named_replicates(config);
  replicates.resize(std::min(*options.replicates, replicates.size()));
  return replicates;
}

// The searches of the tasks, each on its replicate's draw of shots.
void add_searches(Plan& plan, const RunConfig& config, std::size_t library, const PlanOptions& options) {
  const std::vector<Replicate> replicates = replicates_of(config, options);
  plan.replicates = replicates.size();
  std::vector<std::int32_t> drawn;
  for (const Replicate& replicate : replicates)
    if (options.given == nullptr && is_screened(config))
      drawn.push_back(-1);
    else if (options.given == nullptr)
      drawn.push_back(share_adapter_set(plan.adapter_sets, draw_adapters(config, replicate.seed, library)));
  for (std::size_t t = 0; t < plan.tasks.size(); ++t)
    for (std::size_t r = 0; r < replicates.size(); ++r) {
      PlannedSearch search{.task = static_cast<std::int32_t>(t),
                           .replicate = static_cast<std::int32_t>(r),
                           .seed = replicates[r].seed,
                           .example_set = plan.tasks[t].example_set + static_cast<std::int32_t>(replicates[r].draw)};
      if (options.given != nullptr) {
        const GivenVector& vector = options.given->vectors.at(t).at(config.search.seeds.size() == 1 ? 0 : r);
        search.adapter_set = share_adapter_set(plan.adapter_sets, vector.adapters);
        search.given = vector.weights;
      } else {
        search.adapter_set = drawn[r];
      }
      plan.searches.push_back(std::move(search));
    }
}

// The same searches over random adapters: twins of those that any of them may have.
void add_random_adapters(Plan& plan) {
  std::set<std::int32_t> drawn;
  for (const auto& set : plan.adapter_sets) drawn.insert(set.begin(), set.end());
  if (plan.wanted.chosen > 0)
    for (std::size_t a = 0; a < plan.wanted.library; ++a) drawn.insert(static_cast<std::int32_t>(a));
  plan.twins.assign(drawn.begin(), drawn.end());
  const std::vector<PlannedSearch> searches = plan.searches;
  for (PlannedSearch control : searches) {
    control.answers = Subject::random_adapters;
    plan.searches.push_back(std::move(control));
  }
}

// Parts of the named template that are no special tokens here.
std::vector<std::string> plain_markers(const TasksConfig& config, const Tokenizer& tokenizer) {
  std::vector<std::string> plain;
  if (const NamedTemplate* around = find_named_template(config.named_template))
    for (const std::string_view marker : around->special_tokens)
      if (!tokenizer.special_token(marker)) plain.emplace_back(marker);
  return plain;
}

ComparisonsWanted wanted(const RunConfig& config, std::size_t library, std::size_t sets_of_shots, bool screen_only) {
  ComparisonsWanted wanted{.library = library};
  if (screen_only || is_screened(config)) {
    wanted.screens.resize(sets_of_shots);
    std::iota(wanted.screens.begin(), wanted.screens.end(), 0);
  }
  if (screen_only) return wanted;
  wanted.uniform = config.predict.wants(Subject::uniform);
  wanted.best_single = config.predict.wants(Subject::best_single);
  wanted.ablations = config.predict.ablate;
  if (is_screened(config)) wanted.chosen = counted_adapters(config);
  return wanted;
}

}  // namespace

std::int32_t twin_row(const Plan& plan, std::int32_t adapter) {
  const auto place = std::ranges::lower_bound(plan.twins, adapter);
  if (place == plan.twins.end() || *place != adapter)
    throw InternalError(fmt::format("adapter {} has no random twin", adapter));
  return static_cast<std::int32_t>(plan.wanted.library) + static_cast<std::int32_t>(place - plan.twins.begin());
}

const std::vector<std::int32_t>& examples_of(const Plan& plan, const PlannedBaseline& baseline) {
  const PlannedTask& task = plan.tasks.at(baseline.task);
  switch (baseline.kind) {
    case Subject::zero_shot: return task.test;
    case Subject::few_shot: return task.few_shot;
    case Subject::search:
    case Subject::uniform:
    case Subject::best_single:
    case Subject::random_adapters: break;
  }
  throw InternalError(fmt::format("{} is not a baseline", name_of(baseline.kind)));
}

std::int32_t most_adapters(const Plan& plan) {
  std::size_t most = std::max<std::size_t>(plan.wanted.chosen, plan.trials.empty() ? 0 : 1);
  for (const auto& set : plan.adapter_sets) most = std::max(most, set.size());
  return static_cast<std::int32_t>(most);
}

Plan make_plan(const RunConfig& config, const TaskSuite& suite, const std::vector<std::string>& library_names,
               const Tokenizer& tokenizer, const PlanOptions& options) {
  Plan plan;
  const Encoding encoding{.tokenizer = tokenizer,
                          .completion = CompletionTemplate(suite.completion),
                          .room = options.room,
                          .predict = config.predict,
                          .answers = !options.screen_only};
  for (const Task& task : suite.tasks) plan.tasks.push_back(add_task(plan.catalogue, task, encoding));
  plan.plain_markers = plain_markers(config.tasks, tokenizer);
  plan.wanted = wanted(config, library_names.size(), plan.catalogue.example_sets.size(), options.screen_only);
  plan.screen_only = options.screen_only;
  plan.places = options.places;
  if (options.screen_only) {
    add_comparisons(plan);
    return plan;
  }
  add_searches(plan, config, library_names.size(), options);
  if (config.predict.wants(Subject::random_adapters)) add_random_adapters(plan);
  for (const Subject kind : baseline_subjects)
    for (std::size_t t = 0; config.predict.wants(kind) && t < plan.tasks.size(); ++t)
      plan.baselines.push_back({kind, static_cast<std::int32_t>(t)});
  add_comparisons(plan);
  return plan;
}

}  // namespace lorasweep
