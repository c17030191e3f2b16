// SPDX-License-Identifier: Apache-2.0
// Counts rows, and what they take in files that were measured.
#include "pipeline/cli/results_size.h"

#include "data/model/lora_sites.h"

#include <algorithm>
#include <map>
#include <vector>

namespace lorasweep {
namespace {

// What HDF5 keeps of all groups, columns and scales, and a text or a row of short columns beside its values.
constexpr std::uint64_t objects = 600'000, a_text = 24, an_evaluation = 120, an_answer = 60, a_session = 10'000;
constexpr std::uint64_t tokens_of_an_answer = 4;

// Of adapters as they are, and of their composition.
class AdapterBytes {
 public:
  explicit AdapterBytes(const SweepInputs& inputs) : library_(inputs.library) {
    for (const LoraSite& site : lora_sites(inputs.base->plan()))
      a_rank_.push_back(sizeof(float) * static_cast<std::uint64_t>(site.in + site.out));
  }

  std::uint64_t composed(const std::vector<std::int32_t>& adapters, Composition composition) const {
    std::map<std::int32_t, std::uint64_t> ranks;
    for (const std::int32_t adapter : adapters)
      for (const AdapterSite& site : library_.at(static_cast<std::size_t>(adapter)).sites()) {
        const auto rank = static_cast<std::uint64_t>(site.rank);
        ranks[site.site] = composition == Composition::exact ? ranks[site.site] + rank : rank;
      }
    std::uint64_t bytes = 0;
    for (const auto& [site, rank] : ranks) bytes += rank * a_rank_.at(static_cast<std::size_t>(site));
    return bytes;
  }

  // Of any so many adapters of the library.
  std::uint64_t most(std::size_t count, Composition composition) const {
    std::vector<std::uint64_t> alone;
    for (std::int32_t a = 0; a < std::ssize(library_); ++a) alone.push_back(composed({a}, composition));
    std::ranges::sort(alone, std::greater{});
    const std::size_t summed = composition == Composition::exact ? std::min(count, alone.size()) : 1;
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < summed && i < alone.size(); ++i) bytes += alone[i];
    return bytes;
  }

 private:
  const std::vector<Adapter>& library_;
  std::vector<std::uint64_t> a_rank_;  // [site]
};

void add_composed(ResultsSize& size, const RunConfig& config, const SweepInputs& inputs, const Plan& plan) {
  if (config.results.composed == ComposedAdaptersKept::none || plan.screen_only) return;
  const AdapterBytes bytes(inputs);
  const Composition composition = config.search.composition;
  std::vector<std::vector<std::uint64_t>> of_task(plan.tasks.size());
  for (const PlannedSearch& search : plan.searches) {
    if (search.answers != Subject::search) continue;
    of_task.at(static_cast<std::size_t>(search.task))
        .push_back(search.adapter_set < 0
                       ? bytes.most(adapters_of(plan, search), composition)
                       : bytes.composed(plan.adapter_sets[static_cast<std::size_t>(search.adapter_set)], composition));
  }
  for (std::vector<std::uint64_t>& searches : of_task) {
    std::ranges::sort(searches, std::greater{});
    if (config.results.composed == ComposedAdaptersKept::best && !searches.empty())
      searches.erase(searches.begin() + 1, searches.end());
    size.adapters += searches.size();
    for (const std::uint64_t one : searches) size.composed += one;
  }
}

std::uint64_t bytes_of(const std::vector<TextExample>& examples) {
  std::uint64_t bytes = 0;
  for (const TextExample& example : examples) bytes += example.input.size() + example.target.size() + 2 * a_text;
  return bytes;
}

std::uint64_t bytes_of_texts(const RunConfig& config, const SweepInputs& inputs) {
  if (config.results.texts == TextsKept::none) return 0;
  std::uint64_t bytes = 0;
  for (const Task& task : inputs.suite.tasks) bytes += 2 * bytes_of(task.shots) + bytes_of(task.test);
  return bytes;
}

}  // namespace

ResultsSize results_size(const RunConfig& config, const SweepInputs& inputs, const Plan& plan) {
  ResultsSize size;
  add_composed(size, config, inputs, plan);
  const auto shots = static_cast<std::uint64_t>(config.tasks.shots);
  std::uint64_t evaluations = 0, answers = 0, targets = 0;
  const auto add_answers = [&](std::int32_t task) {
    const PlannedTask& planned = plan.tasks[static_cast<std::size_t>(task)];
    answers += planned.test.size();
    for (const std::string& target : planned.targets) targets += target.size();
  };
  std::uint64_t weights = 0;
  for (const PlannedSearch& search : plan.screen_only ? std::vector<PlannedSearch>{} : plan.searches) {
    add_answers(search.task);
    if (search.answers != Subject::search) continue;
    evaluations += static_cast<std::uint64_t>(config.search.budget);
    weights += static_cast<std::uint64_t>(config.search.budget) * numbers_of(plan, search);
  }
  for (const PlannedBaseline& baseline : plan.baselines) add_answers(baseline.task);
  for (const PlannedControl& control : plan.controls)
    add_answers(plan.searches[static_cast<std::size_t>(control.search)].task);
  size.tables = objects + a_session + evaluations * (an_evaluation + sizeof(double) * shots) +
                weights * sizeof(double) + answers * (an_answer + 2 * a_text + tokens_of_an_answer) + 2 * targets +
                plan.trials.size() * sizeof(double) * (1 + shots) + bytes_of_texts(config, inputs);
  return size;
}

}  // namespace lorasweep
