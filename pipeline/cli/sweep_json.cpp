// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/sweep_json.h"

#include "pipeline/cli/json_text.h"
#include "pipeline/cli/prediction_json.h"
#include "pipeline/cli/results_size.h"
#include "pipeline/cli/sweep_counts.h"
#include "pipeline/config/config_schema.h"
#include "pipeline/config/loaded_config.h"
#include "pipeline/config/replicates.h"

#include <iostream>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

// As a configuration writes it.
Json value(const RunConfig& config, const char* section, const char* key) {
  return find_field(section, key)->get(config);
}

template <typename T>
Json or_null(const std::optional<T>& known) {
  return known ? Json(*known) : Json(nullptr);
}

Json as_json(const LeastAndMost& range) { return {{"least", range.least}, {"most", range.most}}; }

Json model_of(const RunConfig& config, const SweepInputs& inputs) {
  return {{"path", config.model.path},
          {"dtype", value(config, "model", "dtype")},
          {"summary", inputs.base->plan().summary}};
}

Json adapters_of_sweep(const RunConfig& config, const SweepInputs& inputs) {
  Json left_out = Json::array();
  for (const UnusableAdapter& adapter : inputs.skipped)
    left_out.push_back({{"name", adapter.name}, {"reason", adapter.reason}});
  return {{"library", inputs.library.size()},
          {"select", value(config, "adapters", "select")},
          {"per_search", or_null(adapters_per_search(config, inputs))},
          {"rank", as_json(ranks_of(inputs))},
          {"left_out", left_out},
          {"unread_bytes", inputs.unread}};
}

Json tasks_of(const Plan& plan, const RunConfig& config) {
  Json names = Json::array();
  for (const PlannedTask& task : plan.tasks)
    names.push_back({{"task", task.name}, {"test_examples", task.test.size()}});
  return {{"shots", config.tasks.shots},
          {"draws_of_shots", config.tasks.shot_seed.size()},
          {"test_examples", count_test_examples(plan)},
          {"tasks", names}};
}

Json searches_of(const RunConfig& config, const SweepInputs& inputs, const Plan& plan) {
  const std::optional<LeastAndMost> numbers = numbers_per_search(plan);
  return {{"count", plan.searches.size()},
          {"per_task", plan.replicates},
          {"named_per_task", named_replicates(config).size()},
          {"method", config.search.method},
          {"rounds", config.search.rounds},
          {"numbers", numbers ? as_json(*numbers) : Json(nullptr)},
          {"numbers_per_adapter", plan.places},
          {"places", inputs.places.names}};
}

Json evaluations_of(const EvaluationCounts& counts) {
  return {{"count", counts.searches + counts.screened},
          {"per_search", counts.each},
          {"of_screens", counts.screened},
          {"beside_budget", counts.beside}};
}

Json passed_over(const SweepInputs& inputs) {
  Json all = Json::array();
  for (const PassedOver& entry : inputs.passed_over)
    all.push_back({{"path", entry.path.string()}, {"reason", entry.reason}});
  return all;
}

Json verdict(const std::string& schema, const std::vector<std::string>& problems,
             const std::vector<std::string>& warnings) {
  return {{"schema", schema}, {"valid", problems.empty()}, {"problems", problems}, {"warnings", warnings}};
}

}  // namespace

std::string sweep_json(const std::string& schema, const RunConfig& config, const SweepInputs& inputs, const Plan& plan,
                       const Prediction& prediction, const std::vector<std::string>& warnings) {
  const ResultsSize size = results_size(config, inputs, plan);
  Json document = verdict(schema, {}, warnings);
  document["notes"] = equal_tasks(inputs.suite);
  document["passed_over"] = passed_over(inputs);
  document["out"] = config.run.out.string();
  document["model"] = model_of(config, inputs);
  document["adapters"] = adapters_of_sweep(config, inputs);
  document["tasks"] = tasks_of(plan, config);
  document["searches"] = searches_of(config, inputs, plan);
  document["evaluations"] = evaluations_of(count_evaluations(config, inputs.library.size(), plan));
  document["answers"] = count_answers(plan);
  document["results"] = {
      {"bytes", size.tables + size.composed}, {"composed_adapters", size.adapters}, {"composed_bytes", size.composed}};
  document["prediction"] = as_json(prediction);
  return json_text(document);
}

std::string problems_json(const std::string& schema, const std::vector<std::string>& problems,
                          const std::vector<std::string>& warnings) {
  return json_text(verdict(schema, problems, warnings));
}

ExitCode with_document(const std::string& schema, const std::function<ExitCode()>& work) {
  if (schema.empty()) return work();
  std::vector<std::string> problems;
  try {
    return work();
  } catch (const InvalidConfig& error) {
    for (const ConfigError& problem : error.problems()) problems.emplace_back(problem.what());
    std::cout << problems_json(schema, problems, {}) << std::flush;
    throw;
  } catch (const Error& error) {
    std::cout << problems_json(schema, {error.what()}, {}) << std::flush;
    throw;
  }
}

}  // namespace lorasweep
