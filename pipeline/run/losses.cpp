// SPDX-License-Identifier: Apache-2.0
// The sentences on cut inputs, answers that are too long, and adapters that do nothing.
#include "pipeline/run/losses.h"

#include "pipeline/config/budget.h"
#include "pipeline/search/make_optimizer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

namespace lorasweep {
namespace {

void add_cut_inputs(const PlannedTask& task, const Catalogue& catalogue, std::vector<std::string>& out) {
  const CutExamples& cut = task.cut;
  std::vector<std::string> which;
  std::size_t kept = 0;  // ids of an input that was cut: the model's longest sequence
  const auto count = [&](const std::vector<std::int32_t>& places, const std::vector<std::int32_t>& examples,
                         const char* of) {
    if (places.empty()) return;
    which.push_back(fmt::format("{} {}", places.size(), of));
    kept = catalogue.examples[examples[places.front()]].source.size();
  };
  const std::vector<std::int32_t>& shots = catalogue.example_sets[task.example_set];
  count(cut.shots, shots, "of the shots");
  count(cut.test, task.test, "of the test set");
  if (cut.few_shot) count(*cut.few_shot, task.few_shot, "of the few-shot prompts");
  if (!which.empty())
    out.push_back(
        fmt::format("task {}: inputs are cut to the model's longest sequence of {} tokens: {} (the longest has {})",
                    task.name, kept, fmt::join(which, ", "), task.longest));
  if (!cut.shot_targets.empty())
    out.push_back(fmt::format("task {}: answers of {} shots are cut to the model's longest sequence", task.name,
                              cut.shot_targets.size()));
}

void add_long_answers(const PlannedTask& task, int max_new_tokens, std::vector<std::string>& out) {
  if (task.out_of_reach.empty()) return;
  out.push_back(
      fmt::format("task {}: the right answer of {} of {} test examples has more tokens than predict.max_new_tokens = "
                  "{}: "
                  "a model's answer ends before that",
                  task.name, task.out_of_reach.size(), task.test.size(), max_new_tokens));
}

void add_tokens_over_border(const PlannedTask& task, const Catalogue& catalogue, std::vector<std::string>& out) {
  if (task.over_border == 0) return;
  out.push_back(
      fmt::format("task {}: in {} of {} examples the prompt's tokens do not begin those of prompt and completion: a "
                  "token reaches over the border, so losses are made with other tokens than answers are asked for; end "
                  "tasks.prompt with a line break, or move the space from its end to the begin of tasks.completion",
                  task.name, task.over_border, catalogue.example_sets[task.example_set].size() + task.test.size()));
}

void add_plain_markers(const Plan& plan, const TasksConfig& config, std::vector<std::string>& out) {
  if (plan.plain_markers.empty()) return;
  out.push_back(fmt::format(
      "tasks.template = {}: {} {} plain text to this model's tokenizer, which has no such special "
      "token",
      config.named_template, fmt::join(plan.plain_markers, ", "), plan.plain_markers.size() == 1 ? "is" : "are"));
}

void add_idle(const Manifest::Adapter& adapter, Composition composition, std::vector<std::string>& out) {
  if (adapter.idle_sites <= 0) return;
  if (adapter.idle_sites < adapter.sites) {
    out.push_back(
        fmt::format("adapter {} adds nothing at {} of its {} sites: lora_A, lora_B or the scaling is zero there",
                    adapter.name, adapter.idle_sites, adapter.sites));
    return;
  }
  const char* remark =
      composition == Composition::lorahub ? " (what is left of it is mixed with the factors of others)" : "";
  out.push_back(fmt::format(
      "adapter {} does nothing: lora_A, lora_B or the scaling is zero at all {} of its sites, as before training{}",
      adapter.name, adapter.sites, remark));
}

// cobyla changes one number after the other before it has a model of them together.
void add_short_budget(const Plan& plan, const RunConfig& config, std::size_t library, std::vector<std::string>& out) {
  const bool is_cobyla = config.search.method == "cobyla" || config.search.method == auto_method;
  if (plan.places == 1 || !is_cobyla) return;
  std::size_t most = 0;
  for (const PlannedSearch& search : plan.searches) most = std::max(most, numbers_of(plan, search));
  most = most / config.search.rounds;
  if (const std::size_t budget = search_budget(config, library) / config.search.rounds; budget < most + 1)
    out.push_back(
        fmt::format("search.scope = \"{}\" makes {} numbers of a {}, which {} changes one after the other: with {} "
                    "evaluations it does not come to the last of them",
                    name_of(config.search.scope), most, config.search.rounds > 1 ? "round" : "search",
                    config.search.method, budget));
}

}  // namespace

std::vector<std::string> losses(const Plan& plan, std::span<const Manifest::Adapter> library, const RunConfig& config) {
  std::vector<std::string> out;
  for (const PlannedTask& task : plan.tasks) {
    add_cut_inputs(task, plan.catalogue, out);
    add_long_answers(task, config.predict.max_new_tokens, out);
    add_tokens_over_border(task, plan.catalogue, out);
  }
  add_plain_markers(plan, config.tasks, out);
  add_short_budget(plan, config, library.size(), out);
  std::map<std::string, const Manifest::Adapter*> by_content;
  for (const Manifest::Adapter& adapter : library) {
    add_idle(adapter, config.search.composition, out);
    if (const auto [first, is_new] = by_content.emplace(adapter.sha256, &adapter); !is_new)
      out.push_back(fmt::format("adapter {} is the same as {}: a search that draws both has one adapter twice",
                                adapter.name, first->second->name));
  }
  return out;
}

std::vector<std::string> skipped_adapters(std::span<const UnusableAdapter> skipped) {
  std::vector<std::string> out;
  for (const auto& [name, reason] : skipped)
    out.push_back(fmt::format("adapter {} is left out of the library (adapters.on_unusable): {}", name, reason));
  return out;
}

}  // namespace lorasweep
