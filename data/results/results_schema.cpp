// SPDX-License-Identifier: Apache-2.0
// The list of all tables and columns.
#include "data/results/results_schema.h"

#include "data/core/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace lorasweep {
namespace {

constexpr const char* task_index_name = "index into the tasks of /summary";
constexpr const char* replicate_name = "index into the replicates of /summary";
constexpr const char* no_yes = "no yes";

// A count that schema 1.0 did not have.
Column note(const char* name, std::vector<std::int32_t>* values, const std::vector<std::string>& dimensions,
            const char* long_name) {
  return {name, values, dimensions, long_name, "", "", Gaps::possible, Since::schema_1_1};
}

std::uint64_t extent_of(std::int32_t count) { return std::max(count, 0); }

Dimension adapter_slot(const Summary& s) {
  return {.name = "adapter_slot",
          .extent = extent_of(s.adapter_slots),
          .long_name = "place of an adapter among those drawn"};
}

Table summary_table_of(Summary& s) {
  const std::vector<std::string> task{"task"}, cell{"task", "replicate"};
  return {
      .name = "summary",
      .dimensions = {{.name = "task", .extent = s.task.size(), .long_name = "name of the task", .labels = &s.task},
                     {.name = "replicate", .extent = s.seed.size(), .long_name = "number of the replicate"},
                     adapter_slot(s),
                     {.name = "step",
                      .extent = extent_of(s.steps),
                      .long_name = "number of the evaluation within its search"}},
      .columns = {
          {"seed", &s.seed, {"replicate"}, "seed of the replicate"},
          {"n_examples", &s.n_examples, task, "examples in the test set"},
          {"n_shots", &s.n_shots, task, "examples that the search learned from"},
          {"accuracy", &s.accuracy, cell, "accuracy of the composed model, LoraHub's rule", "percent", "",
           Gaps::possible},
          {"accuracy_lmeval", &s.accuracy_lmeval, cell,
           "accuracy of the composed model, exact match ignoring case and punctuation", "percent", "", Gaps::possible},
          {"accuracy_zero_shot", &s.accuracy_zero_shot, task, "accuracy of the base model, LoraHub's rule", "percent",
           "", Gaps::possible},
          {"accuracy_zero_shot_lmeval", &s.accuracy_zero_shot_lmeval, task,
           "accuracy of the base model, exact match ignoring case and punctuation", "percent", "", Gaps::possible},
          {"accuracy_few_shot", &s.accuracy_few_shot, task,
           "accuracy of the base model with the shots in its input, LoraHub's rule", "percent", "", Gaps::possible},
          {"accuracy_few_shot_lmeval", &s.accuracy_few_shot_lmeval, task,
           "accuracy of the base model with the shots in its input, exact match ignoring case and "
           "punctuation",
           "percent", "", Gaps::possible},
          {"best_objective", &s.best_objective, cell, "lowest objective seen", "1", "", Gaps::possible},
          {"best_step", &s.best_step, cell, "evaluation that had it", "", "", Gaps::possible},
          {"status", &s.status, cell, "state of the search", "", "ok failed partial missing"},
          {"best_weights",
           &s.best_weights,
           {"task", "replicate", "adapter_slot"},
           "weights at the lowest objective",
           "1",
           "",
           Gaps::possible},
          {"adapter_index",
           &s.adapter_index,
           {"task", "replicate", "adapter_slot"},
           "drawn adapter, an index into /adapters",
           "",
           "",
           Gaps::possible},
          {"objective_trace",
           &s.objective_trace,
           {"task", "replicate", "step"},
           "objective at each evaluation",
           "1",
           "",
           Gaps::possible},
          note("n_finished", &s.n_finished, task, "searches that are ok: what a mean over replicates is over"),
          note("n_cut_shots", &s.n_cut_shots, task, "shots whose input was longer than the model's longest sequence"),
          note("n_cut_shot_targets", &s.n_cut_shot_targets, task, "shots whose answer was longer than that"),
          note("n_cut_test", &s.n_cut_test, task, "examples of the test set whose input was longer than that"),
          note("n_cut_few_shot", &s.n_cut_few_shot, task,
               "examples of the test set that were longer than that with the shots in front")}};
}

Table evaluations_table(Evaluations& e, const Summary& s) {
  const std::vector<std::string> row{"row"};
  return {
      .name = "evaluations",
      .dimensions = {{.name = "row", .extent = e.loss.size(), .long_name = "number of the row"}, adapter_slot(s)},
      .columns = {
          {"task_index", &e.task_index, row, task_index_name},
          {"replicate", &e.replicate, row, replicate_name},
          {"step", &e.step, row, "number of the evaluation within its search"},
          {"loss", &e.loss, row, "loss of the composed model on the shots", "1", "", Gaps::possible},
          {"l1", &e.l1, row, "the regularizer's share of the objective", "1", "", Gaps::possible},
          {"objective", &e.objective, row, "loss + l1", "1", "", Gaps::possible},
          {"status", &e.status, row, "state of the evaluation", "", "ok not_finite"},
          {"attempt", &e.attempt, row, "times that the work had been handed out before"},
          {"t_finished_utc", &e.t_finished_utc, row, "when it was finished", "seconds since 1970-01-01 00:00:00", "",
           Gaps::possible},
          {"duration_s", &e.duration_s, row, "time on the worker", "s", "", Gaps::possible},
          {"worker_rank", &e.worker_rank, row, "worker that computed it", "", "", Gaps::possible},
          {"eval_key", &e.eval_key, row, "digest of everything that the loss depends on"},
          {"weights", &e.weights, {"row", "adapter_slot"}, "weights of the drawn adapters", "1", "", Gaps::possible}}};
}

Table predictions_table(Predictions& p) {
  const std::vector<std::string> row{"row"};
  return {.name = "predictions",
          .dimensions = {{.name = "row", .extent = p.of.size(), .long_name = "number of the row"}},
          .columns = {{"of", &p.of, row, "what answered", "", "search zero_shot few_shot"},
                      {"task_index", &p.task_index, row, task_index_name},
                      {"replicate", &p.replicate, row, replicate_name, "", "", Gaps::possible},
                      {"example_index", &p.example_index, row, "place in the task's test set"},
                      {"target", &p.target, row, "answer that is right"},
                      {"prediction", &p.prediction, row, "answer that was given"},
                      {"correct_lorahub", &p.correct_lorahub, row, "right by LoraHub's rule", "", no_yes},
                      {"correct_lmeval", &p.correct_lmeval, row, "right by exact match ignoring case and punctuation",
                       "", no_yes},
                      {"input_cut", &p.input_cut, row, "longer than the model's longest sequence, and cut", "",
                       "no yes unknown", Gaps::none, Since::schema_1_1}}};
}

Table adapters_table(Adapters& a) {
  const std::vector<std::string> adapter{"adapter"};
  return {.name = "adapters",
          .dimensions = {{.name = "adapter", .extent = a.name.size(), .long_name = "number of the adapter"}},
          .columns = {{"name", &a.name, adapter, "name of the adapter"},
                      {"source", &a.source, adapter, "where it was read from"},
                      {"sha256", &a.sha256, adapter, "digest of its sites, scalings and values"},
                      {"format", &a.format, adapter, "format of its weight file"},
                      {"rank", &a.rank, adapter, "r of its configuration"},
                      {"alpha", &a.alpha, adapter, "lora_alpha of its configuration", "1"},
                      {"base_model", &a.base_model, adapter, "base model that it names"},
                      {"target_modules", &a.target_modules, adapter, "modules that it changes"},
                      note("n_sites", &a.n_sites, adapter, "linear maps that it changes"),
                      note("n_idle_sites", &a.n_idle_sites, adapter,
                           "those of them where it adds nothing: lora_A, lora_B or the scaling is zero")}};
}

}  // namespace

Since schema_of(const std::string& version) {
  return version == "1.0" || version.starts_with("1.0.") ? Since::schema_1_0 : Since::schema_1_1;
}

const Dimension& Table::dimension(const std::string& wanted) const {
  const auto found = std::ranges::find(dimensions, wanted, &Dimension::name);
  if (found == dimensions.end()) throw InternalError("table " + name + " has no dimension " + wanted);
  return *found;
}

std::vector<Table> result_tables(SweepResults& results) {
  return {summary_table_of(results.summary), evaluations_table(results.evaluations, results.summary),
          predictions_table(results.predictions), adapters_table(results.adapters)};
}

std::string group_of(const Table& table) { return "/" + table.name; }

Extents extents_of(const Table& table, const Column& column) {
  Extents extents;
  for (const std::string& name : column.dimensions) extents.push_back(table.dimension(name).extent);
  return extents;
}

std::uint64_t size_of(const Column& column) {
  return std::visit([](const auto* values) { return std::uint64_t{values->size()}; }, column.values);
}

void fill_unknown(const Column& column, std::uint64_t size) {
  std::visit(
      [&]<typename T>(std::vector<T>* values) {
        if constexpr (std::is_same_v<T, double>)
          values->assign(size, std::numeric_limits<double>::quiet_NaN());
        else if constexpr (std::is_same_v<T, std::int8_t>)  // codes: the last is "unknown"
          values->assign(size, static_cast<T>(std::ranges::count(column.flag_meanings, ' ')));
        else if constexpr (std::is_integral_v<T>)
          values->assign(size, T{-1});
        else
          values->assign(size, T{});
      },
      column.values);
}

std::optional<Array> fill_of(const Column& column) {
  if (column.gaps == Gaps::none) return std::nullopt;
  return std::visit(
      []<typename T>(const std::vector<T>*) -> std::optional<Array> {
        if constexpr (std::is_same_v<T, double>) return scalar(std::numeric_limits<double>::quiet_NaN());
        if constexpr (std::is_integral_v<T>) return scalar(T{-1});
        return std::nullopt;
      },
      column.values);
}

std::vector<std::int32_t> finished_searches(const Summary& summary) {
  const std::size_t replicates = summary.seed.size();
  std::vector<std::int32_t> finished(summary.task.size(), 0);
  for (std::size_t cell = 0; cell < summary.status.size(); ++cell)
    if (summary.status[cell] == static_cast<std::int8_t>(SearchStatus::ok)) ++finished.at(cell / replicates);
  return finished;
}

std::string composed_group(const SweepResults& results, const ComposedModel& model) {
  return fmt::format("/composed/{}/r{}", results.summary.task.at(model.task_index), model.replicate);
}

}  // namespace lorasweep
