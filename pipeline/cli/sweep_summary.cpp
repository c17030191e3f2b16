// SPDX-License-Identifier: Apache-2.0
// Counts what a sweep will do.
#include "pipeline/cli/sweep_summary.h"

#include "pipeline/plan/inputs.h"
#include "pipeline/plan/plan.h"
#include "pipeline/run/losses.h"
#include "pipeline/run/make_manifest.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <iostream>
#include <span>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

std::string model_line(const RunConfig& config, const ModelPlan& base) {
  return fmt::format("model        {} ({}, {})\n", config.model.path, base.summary, name_of(config.model.dtype));
}

std::string adapters_line(const RunConfig& config, const SweepInputs& inputs) {
  const auto [least, most] = std::ranges::minmax_element(inputs.library, {}, &Adapter::rank);
  const std::string rank = least->rank() == most->rank() ? fmt::format("{}", least->rank())
                                                         : fmt::format("{} to {}", least->rank(), most->rank());
  const std::size_t drawn = config.adapters.select == AdapterSelection::random
                                ? static_cast<std::size_t>(config.adapters.count)
                                : inputs.library.size();
  return fmt::format("adapters     {} of {} per search, rank {}\n", drawn, inputs.library.size(), rank);
}

std::string tasks_line(const RunConfig& config, const Plan& plan) {
  std::size_t examples = 0;
  for (const PlannedTask& task : plan.tasks) examples += task.test.size();
  return fmt::format("tasks        {}, {} shots each, {} test examples\n", plan.tasks.size(), config.tasks.shots,
                     examples);
}

std::size_t answers(const Plan& plan, std::size_t replicates, const PredictConfig& predict) {
  std::size_t count = 0;
  for (const PlannedTask& task : plan.tasks)
    count += task.test.size() * (replicates + (predict.wants(Subject::zero_shot) ? 1 : 0)) + task.few_shot.size();
  return count;
}

Plan plan_of(const RunConfig& config, const SweepInputs& inputs) {
  std::vector<std::string> names;
  for (const Adapter& adapter : inputs.library) names.push_back(adapter.name());
  return make_plan(config, inputs.suite, names, *inputs.tokenizer);
}

void warn_of_losses(const Plan& plan, const SweepInputs& inputs, const RunConfig& config) {
  std::vector<Manifest::Adapter> library;
  for (std::size_t i = 0; i < inputs.library.size(); ++i)
    library.push_back(manifest_entry(inputs.library[i], inputs.contents.at(i)));
  for (const std::string& loss : losses(plan, library, config)) spdlog::warn("{}", loss);
}

std::string summary(const RunConfig& config, const SweepInputs& inputs, const Plan& plan) {
  const std::size_t searches = plan.searches.size(), seeds = config.search.seeds.size();
  return model_line(config, inputs.base->plan()) + adapters_line(config, inputs) + tasks_line(config, plan) +
         fmt::format("searches     {} ({} tasks x {} seeds), {}\n", searches, plan.tasks.size(), seeds,
                     config.search.method) +
         fmt::format("evaluations  {} ({} per search)\n", searches * config.search.budget, config.search.budget) +
         fmt::format("answers      {}\n", answers(plan, seeds, config.predict)) +
         fmt::format("out          {}\n", config.run.out.string());
}

// The last lines: what was found among the inputs and is not one, and which tasks count twice.
std::string remarks(const SweepInputs& inputs) {
  std::string text;
  for (const std::string& note : equal_tasks(inputs.suite)) text += fmt::format("note         {}\n", note);
  if (!inputs.passed_over.empty()) text += fmt::format("passed over  {}\n", inputs.passed_over.size());
  for (const PassedOver& entry : inputs.passed_over)
    text += fmt::format("             {} {}\n", entry.path.string(), entry.reason);
  return text;
}

}  // namespace

ExitCode show_sweep(const LoadedConfig& loaded) {
  std::vector<std::string> problems;
  const SweepInputs inputs = read_inputs(loaded.config, problems, LibraryValues::checked);
  check_base_values(inputs, problems);
  for (const std::string& warning : loaded.warnings) spdlog::warn("{}", warning);
  if (problems.empty()) {
    const Plan plan = plan_of(loaded.config, inputs);
    warn_of_losses(plan, inputs, loaded.config);
    std::cout << summary(loaded.config, inputs, plan) << remarks(inputs);
    return ExitCode::ok;
  }
  for (const std::string& problem : problems) std::cerr << "lorasweep: error: " << problem << "\n";
  std::cerr << "lorasweep: " << problems.size() << (problems.size() == 1 ? " problem" : " problems")
            << " in the inputs\n";
  return ExitCode::bad_input;
}

}  // namespace lorasweep
