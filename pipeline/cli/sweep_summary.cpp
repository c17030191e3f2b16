// SPDX-License-Identifier: Apache-2.0
// Counts what a sweep will do.
#include "pipeline/cli/sweep_summary.h"

#include "data/core/counted.h"
#include "pipeline/cli/found_rows_process.h"
#include "pipeline/cli/results_size.h"
#include "pipeline/cli/sweep_counts.h"
#include "pipeline/cli/sweep_json.h"
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
#include <iterator>
#include <optional>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

std::string model_line(const RunConfig& config, const ModelPlan& base) {
  return fmt::format("model        {} ({}, {})\n", config.model.path, base.summary, name_of(config.model.dtype));
}

std::string span(const LeastAndMost& range) {
  return range.least == range.most ? fmt::format("{}", range.least) : fmt::format("{} to {}", range.least, range.most);
}

std::string adapters_line(const RunConfig& config, const SweepInputs& inputs) {
  const std::string rank = span(ranks_of(inputs));
  const std::string skipped =
      inputs.skipped.empty() ? "" : fmt::format(", {} left out", counted(inputs.skipped.size(), "adapter"));
  const std::optional<std::size_t> drawn = adapters_per_search(config, inputs);
  if (!drawn)
    return fmt::format("adapters     those of {}, of {}, rank {}{}\n", config.search.weights.string(),
                       inputs.library.size(), rank, skipped);
  return fmt::format("adapters     {}{} of {} per search, rank {}{}\n", is_screened(config) ? "the best " : "", *drawn,
                     inputs.library.size(), rank, skipped);
}

// Where an adapter has several numbers: the dimension of the searches.
std::string numbers_line(const SweepInputs& inputs, const Plan& plan) {
  const std::optional<LeastAndMost> numbers = numbers_per_search(plan);
  if (plan.places == 1 || !numbers) return "";
  return fmt::format("numbers      {} per search, of each adapter {} ({})\n", span(*numbers), plan.places,
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
  const std::size_t draws = config.tasks.shot_seed.size();
  return fmt::format("tasks        {}, {} each{}, {}\n", plan.tasks.size(), counted(config.tasks.shots, "shot"),
                     draws > 1 ? fmt::format(" in {} draws", draws) : "",
                     counted(count_test_examples(plan), "test example"));
}

std::string evaluations_lines(const RunConfig& config, std::size_t library, const Plan& plan) {
  const EvaluationCounts counts = count_evaluations(config, library, plan);
  std::string lines = fmt::format("evaluations  {} ({} per search", counts.searches + counts.screened, counts.each);
  if (counts.screened > 0)
    lines += fmt::format(", {} adapters alone on {} sets of shots", library, plan.wanted.screens.size());
  lines += ")\n";
  if (counts.beside > 0)
    lines += fmt::format("             {} more for comparisons, outside the budget\n", counts.beside);
  return lines;
}

std::string results_line(const ResultsSize& size) {
  const auto megabytes = [](std::uint64_t bytes) { return static_cast<double>(bytes) / 1e6; };
  std::string line = fmt::format("results      about {:.3g} MB", megabytes(size.tables + size.composed));
  if (size.adapters > 0)
    line += fmt::format(", {:.3g} MB of it {} composed adapters", megabytes(size.composed), size.adapters);
  return line + "\n";
}

// What is lost or left out although nothing is wrong.
std::vector<std::string> warnings_of(const RunConfig& config, const SweepInputs& inputs, const Plan& plan) {
  std::vector<Manifest::Adapter> library;  // none where their values were not read
  for (std::size_t i = 0; i < inputs.contents.size(); ++i)
    library.push_back(manifest_entry(inputs.library[i], inputs.contents[i]));
  std::vector<std::string> all = skipped_adapters(inputs.skipped);
  std::ranges::move(losses(plan, library, config), std::back_inserter(all));
  std::ranges::move(idle_settings(config, inputs.suite), std::back_inserter(all));
  return all;
}

void log(const std::vector<std::string>& warnings) {
  for (const std::string& warning : warnings) spdlog::warn("{}", warning);
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
         evaluations_lines(config, inputs.library.size(), plan) +
         fmt::format("answers      {}\n", count_answers(plan)) + results_line(results_size(config, inputs, plan)) +
         fmt::format("out          {}\n", config.run.out.string());
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

ExitCode show_sweep(const LoadedConfig& loaded, const PredictionOptions& options, LibraryValues values,
                    const std::string& schema) {
  const RunConfig& config = loaded.config;
  std::vector<std::string> problems;
  const SweepInputs inputs = read_inputs(config, problems, values, {}, found_rows_in_own_process);
  check_base_values(inputs, config.model.dtype, problems);
  log(loaded.warnings);
  if (problems.empty()) {
    const Plan plan = plan_of(config, inputs);
    std::vector<std::string> warnings = warnings_of(config, inputs, plan);
    log(warnings);
    warnings.insert(warnings.begin(), loaded.warnings.begin(), loaded.warnings.end());
    const int workers = workers_of_a_process(config.run);
    const Prediction prediction = predict(config, inputs, plan, options, {.workers = workers, .of_node = workers});
    if (schema.empty())
      std::cout << summary(config, inputs, plan) << as_text(prediction) << remarks(inputs);
    else
      std::cout << sweep_json(schema, config, inputs, plan, prediction, warnings);
    return ExitCode::ok;
  }
  if (!schema.empty()) std::cout << problems_json(schema, problems, loaded.warnings) << std::flush;
  for (const std::string& problem : problems) std::cerr << "lorasweep: error: " << problem << "\n";
  std::cerr << "lorasweep: " << counted(problems.size(), "problem") << " in the inputs\n";
  return code_of(problems);
}

}  // namespace lorasweep
