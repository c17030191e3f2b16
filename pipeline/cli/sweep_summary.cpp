// SPDX-License-Identifier: Apache-2.0
// Counts what a sweep will do.
#include "pipeline/cli/sweep_summary.h"

#include "data/core/counted.h"
#include "pipeline/cli/found_rows_process.h"
#include "pipeline/cli/results_size.h"
#include "pipeline/config/budget.h"
#include "pipeline/config/replicates.h"
#include "pipeline/plan/plan_of_inputs.h"
#include "pipeline/run/losses.h"
#include "pipeline/run/make_manifest.h"
#include "pipeline/run/session.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <iostream>
#include <set>
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
  const std::string skipped =
      inputs.skipped.empty() ? "" : fmt::format(", {} left out", counted(inputs.skipped.size(), "adapter"));
  if (inputs.given)
    return fmt::format("adapters     those of {}, of {}, rank {}{}\n", config.search.weights.string(),
                       inputs.library.size(), rank, skipped);
  const bool is_counted = config.adapters.select == AdapterSelection::random || is_screened(config);
  const std::size_t drawn = is_counted ? counted_adapters(config) : inputs.library.size();
  return fmt::format("adapters     {}{} of {} per search, rank {}{}\n", is_screened(config) ? "the best " : "", drawn,
                     inputs.library.size(), rank, skipped);
}

// Where an adapter has several numbers: the dimension of the searches.
std::string numbers_line(const SweepInputs& inputs, const Plan& plan) {
  if (plan.places == 1 || plan.searches.empty()) return "";
  std::set<std::size_t> numbers;
  for (const PlannedSearch& search : plan.searches) numbers.insert(numbers_of(plan, search));
  const std::string count = numbers.size() == 1 ? std::to_string(*numbers.begin())
                                                : fmt::format("{} to {}", *numbers.begin(), *numbers.rbegin());
  return fmt::format("numbers      {} per search, of each adapter {} ({})\n", count, plan.places,
                     fmt::join(inputs.places.names, ", "));
}

std::string rounds_line(const RunConfig& config) {
  return config.search.rounds == 1 ? ""
                                   : fmt::format(
                                         "rounds       {} of each search, with as many adapters and evaluations "
                                         "each\n",
                                         config.search.rounds);
}

std::string tasks_line(const RunConfig& config, const Plan& plan) {
  std::size_t examples = 0;
  for (const PlannedTask& task : plan.tasks) examples += task.test.size();
  const std::size_t draws = config.tasks.shot_seed.size();
  return fmt::format("tasks        {}, {} each{}, {}\n", plan.tasks.size(), counted(config.tasks.shots, "shot"),
                     draws > 1 ? fmt::format(" in {} draws", draws) : "", counted(examples, "test example"));
}

std::size_t answers(const Plan& plan) {
  std::size_t count = 0;
  for (const PlannedSearch& search : plan.searches) count += plan.tasks[search.task].test.size();
  for (const PlannedBaseline& baseline : plan.baselines) count += examples_of(plan, baseline).size();
  for (const PlannedControl& control : plan.controls)
    count += plan.tasks[plan.searches[control.search].task].test.size();
  return count;
}

// What a budget pays for, and what is beside it.
std::string evaluations_lines(const RunConfig& config, std::size_t library, const Plan& plan) {
  const std::size_t searches = plan.searches.size(), each = search_budget(config, library);
  const auto screened = static_cast<std::size_t>(
      std::ranges::count(plan.trials, Trial::screen, [](const PlannedTrial& trial) { return trial.kind; }));
  const std::size_t budgeted = is_screened(config) ? screened : 0, beside = plan.trials.size() - budgeted;
  std::string lines = fmt::format("evaluations  {} ({} per search", searches * each + budgeted, each);
  if (budgeted > 0)
    lines += fmt::format(", {} adapters alone on {} sets of shots", library, plan.wanted.screens.size());
  lines += ")\n";
  if (beside > 0) lines += fmt::format("             {} more for comparisons, outside the budget\n", beside);
  return lines;
}

std::string results_line(const ResultsSize& size) {
  const auto megabytes = [](std::uint64_t bytes) { return static_cast<double>(bytes) / 1e6; };
  std::string line = fmt::format("results      about {:.3g} MB", megabytes(size.tables + size.composed));
  if (size.adapters > 0)
    line += fmt::format(", {:.3g} MB of it {} composed adapters", megabytes(size.composed), size.adapters);
  return line + "\n";
}

void warn_of_losses(const Plan& plan, const SweepInputs& inputs, const RunConfig& config) {
  std::vector<Manifest::Adapter> library;  // none where their values were not read
  for (std::size_t i = 0; i < inputs.contents.size(); ++i)
    library.push_back(manifest_entry(inputs.library[i], inputs.contents[i]));
  for (const std::string& remark : skipped_adapters(inputs.skipped)) spdlog::warn("{}", remark);
  for (const std::string& loss : losses(plan, library, config)) spdlog::warn("{}", loss);
}

std::string remark_on_seeds(const RunConfig& config, const Plan& plan) {
  return plan.replicates < named_replicates(config).size() ? "; another seed would change nothing" : "";
}

std::string summary(const RunConfig& config, const SweepInputs& inputs, const Plan& plan) {
  const std::size_t searches = plan.searches.size(), replicates = plan.replicates;
  return model_line(config, inputs.base->plan()) + adapters_line(config, inputs) + numbers_line(inputs, plan) +
         rounds_line(config) + tasks_line(config, plan) +
         fmt::format("searches     {} ({} x {}), {}{}\n", searches, counted(plan.tasks.size(), "task"),
                     counted(replicates, "seed"), config.search.method, remark_on_seeds(config, plan)) +
         evaluations_lines(config, inputs.library.size(), plan) + fmt::format("answers      {}\n", answers(plan)) +
         results_line(results_size(config, inputs, plan)) + fmt::format("out          {}\n", config.run.out.string());
}

// The last lines: what was found among the inputs and is not one, and which tasks count twice.
std::string remarks(const SweepInputs& inputs) {
  std::string text;
  for (const std::string& note : equal_tasks(inputs.suite)) text += fmt::format("note         {}\n", note);
  if (!inputs.passed_over.empty()) text += fmt::format("passed over  {}\n", inputs.passed_over.size());
  for (const PassedOver& entry : inputs.passed_over)
    text += fmt::format("             {} {}\n", entry.path.string(), entry.reason);
  if (inputs.unread > 0)
    text += fmt::format(
        "unchecked    the values of {} ({:.3g} GB): whether they are numbers, and which adapters are equal or do\n"
        "             nothing, is looked at when the run starts; validate --values reads them now\n",
        counted(inputs.library.size(), "adapter"), static_cast<double>(inputs.unread) / 1e9);
  return text;
}

// Without mpirun, on CPU cores.
int workers_of_a_process(const RunSection& run) {
  return run.workers > 0 ? run.workers : default_workers(DeviceKind::cpu, std::max(run.threads, 1));
}

}  // namespace

ExitCode show_sweep(const LoadedConfig& loaded, const PredictionOptions& options, LibraryValues values) {
  std::vector<std::string> problems;
  const SweepInputs inputs = read_inputs(loaded.config, problems, values, {}, found_rows_in_own_process);
  check_base_values(inputs, loaded.config.model.dtype, problems);
  for (const std::string& warning : loaded.warnings) spdlog::warn("{}", warning);
  if (problems.empty()) {
    const Plan plan = plan_of(loaded.config, inputs);
    warn_of_losses(plan, inputs, loaded.config);
    for (const std::string& remark : idle_settings(loaded.config, inputs.suite)) spdlog::warn("{}", remark);
    const int workers = workers_of_a_process(loaded.config.run);
    std::cout << summary(loaded.config, inputs, plan)
              << as_text(predict(loaded.config, inputs, plan, options, {.workers = workers, .of_node = workers}))
              << remarks(inputs);
    return ExitCode::ok;
  }
  for (const std::string& problem : problems) std::cerr << "lorasweep: error: " << problem << "\n";
  std::cerr << "lorasweep: " << counted(problems.size(), "problem") << " in the inputs\n";
  return code_of(problems);
}

}  // namespace lorasweep
