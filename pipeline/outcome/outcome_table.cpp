// SPDX-License-Identifier: Apache-2.0
// One outcome, five spellings.
#include "pipeline/outcome/outcome_table.h"

#include "pipeline/collect/csv_text.h"
#include "pipeline/outcome/text_table.h"
#include "pipeline/outcome/ways.h"

#include <fmt/format.h>

#include <cmath>
#include <vector>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

constexpr double significance = 0.05;

std::vector<Way> shown_ways(const Outcome& outcome) {
  std::vector<Way> shown;
  for (const Way& way : ways)
    if (outcome.has(way.subject)) shown.push_back(way);
  return shown;
}

const Difference* find(const std::vector<Difference>& differences, Subject against) {
  const auto found = std::ranges::find(differences, against, &Difference::against);
  return found == differences.end() ? nullptr : &*found;
}

std::string cell(const std::map<Subject, Estimate>& estimates, Subject way) {
  const auto found = estimates.find(way);
  return found == estimates.end() ? "-" : estimate_text(found->second);
}

std::string test_cell(const Difference* difference) {
  return difference == nullptr
             ? "-"
             : fmt::format("{:+.1f}, p {}", difference->estimate.value, p_text(difference->p_adjusted));
}

std::string seeds_remark(const TaskOutcome& task, std::size_t replicates) {
  const auto found = task.ways.find(Subject::search);
  if (found == task.ways.end() || found->second.replicates == replicates) return "";
  return fmt::format(" ({} of {} seeds)", found->second.replicates, replicates);
}

TextTable grid_of(const SweepResults& results, const Outcome& outcome) {
  const std::vector<Way> shown = shown_ways(outcome);
  const bool has_search = outcome.has(Subject::search);
  std::vector<Way> tested;
  for (const Way& way : shown)
    if (has_search && way.subject != Subject::search && way.subject != Subject::few_shot) tested.push_back(way);

  TextTable table{.columns = {{"task", Align::left}}};
  for (const Way& way : shown) table.columns.push_back({way.label});
  if (has_search) table.columns.push_back({"by shots"});
  for (const Way& way : tested) table.columns.push_back({fmt::format("against {}", way.label)});
  const auto row_of = [&](const std::string& name, const std::map<Subject, Estimate>& estimates,
                          const std::optional<Estimate>& by_shots, const std::vector<Difference>& differences,
                          const std::string& remark) {
    std::vector<std::string> row{name};
    for (const Way& way : shown)
      row.push_back(cell(estimates, way.subject) + (way.subject == Subject::search ? remark : ""));
    if (has_search) row.push_back(by_shots ? estimate_text(*by_shots) : "-");
    for (const Way& way : tested) row.push_back(test_cell(find(differences, way.subject)));
    return row;
  };
  for (std::size_t t = 0; t < outcome.tasks.size(); ++t) {
    const TaskOutcome& task = outcome.tasks[t];
    table.rows.push_back(row_of(results.summary.task[t], task.ways, task.found_by_shots, task.differences,
                                seeds_remark(task, results.summary.seed.size())));
  }
  table.totals.push_back(row_of("mean over tasks", outcome.means, outcome.mean_by_shots, outcome.differences, ""));
  return table;
}

std::string csv_row(const std::string& task, const std::string& of, const std::string& against,
                    const Estimate& estimate, const Difference* test) {
  return fmt::format("{},{},{},{},{},{},{},{},{},{}\n", csv_text(task), of, against, estimate.value,
                     estimate.interval.low, estimate.interval.high, test ? fmt::format("{}", test->p) : "",
                     test ? fmt::format("{}", test->p_adjusted) : "", estimate.replicates, estimate.examples);
}

std::string csv_rows(const std::string& task, const std::map<Subject, Estimate>& estimates,
                     const std::optional<Estimate>& by_shots, const std::vector<Difference>& differences) {
  std::string text;
  for (const Way& way : ways)
    if (estimates.contains(way.subject)) text += csv_row(task, way.key, "", estimates.at(way.subject), nullptr);
  if (by_shots) text += csv_row(task, "search_by_shots", "", *by_shots, nullptr);
  for (const Difference& difference : differences)
    text += csv_row(task, "search", way_of(difference.against).key, difference.estimate, &difference);
  return text;
}

// Of means the task is empty, which no task's name is.
std::string as_csv(const SweepResults& results, const Outcome& outcome) {
  std::string text = "task,of,against,estimate,low,high,p,p_adjusted,replicates,examples\n";
  for (std::size_t t = 0; t < outcome.tasks.size(); ++t)
    text += csv_rows(results.summary.task[t], outcome.tasks[t].ways, outcome.tasks[t].found_by_shots,
                     outcome.tasks[t].differences);
  return text + csv_rows("", outcome.means, outcome.mean_by_shots, outcome.differences);
}

Json json_of(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json json_of(const Estimate& estimate) {
  return {{"accuracy", json_of(estimate.value)},
          {"low", json_of(estimate.interval.low)},
          {"high", json_of(estimate.interval.high)},
          {"replicates", estimate.replicates},
          {"examples", estimate.examples}};
}

Json json_of(const Difference& difference) {
  return {{"against", way_of(difference.against).key},
          {"points", json_of(difference.estimate.value)},
          {"low", json_of(difference.estimate.interval.low)},
          {"high", json_of(difference.estimate.interval.high)},
          {"p", difference.p},
          {"p_adjusted", difference.p_adjusted},
          {"exact", difference.exact},
          {"verdict", verdict_of(difference)},
          {"replicates", difference.estimate.replicates},
          {"examples", difference.estimate.examples}};
}

void add_estimates(Json& to, const std::map<Subject, Estimate>& estimates, const std::optional<Estimate>& by_shots,
                   const std::vector<Difference>& differences) {
  for (const Way& way : ways)
    if (estimates.contains(way.subject)) to[way.key] = json_of(estimates.at(way.subject));
  if (by_shots) to["search_by_shots"] = json_of(*by_shots);
  to["differences"] = Json::array();
  for (const Difference& difference : differences) to["differences"].push_back(json_of(difference));
}

Json task_json(const SweepResults& results, const Outcome& outcome, const std::vector<double>& accuracies,
               std::size_t t) {
  const Summary& s = results.summary;
  Json json = {{"task", s.task[t]}, {"examples", s.n_examples[t]}, {"shots", s.n_shots[t]}};
  const TaskOutcome& task = outcome.tasks[t];
  add_estimates(json, task.ways, task.found_by_shots, task.differences);
  json["by_shots_seed"] = task.by_shots ? Json(s.seed[*task.by_shots]) : Json(nullptr);
  json["seeds"] = Json::array();
  constexpr std::array words = {"ok", "failed", "partial", "missing"};
  for (std::size_t r = 0; r < s.seed.size(); ++r) {
    const std::size_t at = t * s.seed.size() + r;
    json["seeds"].push_back({{"seed", s.seed[r]},
                             {"status", words.at(s.status[at])},
                             {"accuracy", json_of(accuracies[at])},
                             {"best_objective", json_of(s.best_objective[at])}});
  }
  return json;
}

}  // namespace

Json outcome_json(const SweepResults& results, const Outcome& outcome) {
  Json json = {{"title", results.title},
               {"run_uuid", results.run_uuid},
               {"created_utc", results.created_utc},
               {"complete", results.complete},
               {"units", results.n_units},
               {"failed", results.n_failed},
               {"scoring", name_of(outcome.scoring)}};
  const std::vector<double> accuracies = search_accuracies(results, outcome);
  json["tasks"] = Json::array();
  for (std::size_t t = 0; t < outcome.tasks.size(); ++t)
    json["tasks"].push_back(task_json(results, outcome, accuracies, t));
  Json& mean = json["mean"] = {{"tasks", outcome.whole.size()}};
  add_estimates(mean, outcome.means, outcome.mean_by_shots, outcome.differences);
  Json& below = json["below_zero_shot"] = {{"searches", outcome.below.below}, {"of", outcome.below.compared}};
  if (outcome.below.deepest)
    below["deepest"] = {{"task", results.summary.task[outcome.below.deepest->task]},
                        {"seed", results.summary.seed[outcome.below.deepest->replicate]},
                        {"points", outcome.below.deepest->depth}};
  return json;
}

std::string outcome_table(const SweepResults& results, const Outcome& outcome, TableFormat format) {
  switch (format) {
    case TableFormat::markdown: return as_markdown(grid_of(results, outcome));
    case TableFormat::latex: return as_latex(grid_of(results, outcome));
    case TableFormat::csv: return as_csv(results, outcome);
    case TableFormat::json:
      return outcome_json(results, outcome).dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
    case TableFormat::text: break;
  }
  std::string text = as_text(grid_of(results, outcome));
  for (const std::string& remark : {remark_on_whole(outcome), below_text(results, outcome)})
    if (!remark.empty()) text += remark + "\n";
  return text;
}

std::string number_text(double value) { return std::isfinite(value) ? fmt::format("{:.1f}", value) : "-"; }

std::string estimate_text(const Estimate& estimate) {
  return fmt::format("{} [{}, {}]", number_text(estimate.value), number_text(estimate.interval.low),
                     number_text(estimate.interval.high));
}

std::string difference_text(const Estimate& estimate) {
  return fmt::format("{:+.1f} [{:+.1f}, {:+.1f}]", estimate.value, estimate.interval.low, estimate.interval.high);
}

std::string p_text(double p) {
  if (p < 0.0001) return "< 0.0001";
  return fmt::format("{:.{}f}", p, p < 0.01 ? 4 : 2);
}

const char* verdict_of(const Difference& difference) {
  if (!(difference.p_adjusted <= significance)) return "no difference shown";
  return difference.estimate.value > 0 ? "better" : "worse";
}

std::string remark_on_whole(const Outcome& outcome) {
  if (outcome.whole.size() == outcome.tasks.size()) return "";
  return outcome.whole.empty() ? "No task is whole yet: there are no means."
                               : fmt::format("Means are over the {} of {} tasks that are whole.", outcome.whole.size(),
                                             outcome.tasks.size());
}

std::string below_text(const SweepResults& results, const Outcome& outcome) {
  const BelowZeroShot& below = outcome.below;
  if (below.compared == 0) return "";
  std::string text = fmt::format("{} of {} searches ended below zero-shot", below.below, below.compared);
  if (below.deepest)
    text += fmt::format(", the deepest by {:.1f} points ({}, seed {})", below.deepest->depth,
                        results.summary.task[below.deepest->task], results.summary.seed[below.deepest->replicate]);
  return text + ".";
}

}  // namespace lorasweep
