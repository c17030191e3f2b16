// SPDX-License-Identifier: Apache-2.0
// One comparison, five spellings.
#include "pipeline/collect/csv_text.h"
#include "pipeline/outcome/compare.h"
#include "pipeline/outcome/text_table.h"

#include <fmt/format.h>

#include <cmath>
#include <functional>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

std::vector<std::string> row_of(const std::string& task, const PairedResult& result) {
  return {task, estimate_text(result.first), estimate_text(result.other), difference_text(result.difference),
          p_text(result.p_adjusted)};
}

TextTable grid_of(const std::string& first, const ComparedFile& file) {
  TextTable table{.columns = {{"task", Align::left}, {first}, {file.name}, {"difference"}, {"p"}}};
  for (const ComparedTask& task : file.tasks) table.rows.push_back(row_of(task.task, task.result));
  if (file.mean) table.totals.push_back(row_of("mean over tasks", *file.mean));
  return table;
}

std::string csv_row(const Comparison& comparison, const ComparedFile& file, const std::string& task,
                    const PairedResult& r) {
  return fmt::format("{},{},{},{},{},{},{},{},{},{}\n", csv_text(task), csv_text(comparison.first), csv_text(file.name),
                     r.first.value, r.other.value, r.difference.value, r.difference.interval.low,
                     r.difference.interval.high, r.p, r.p_adjusted);
}

std::string as_csv(const Comparison& comparison) {
  std::string text = "task,first,other,accuracy_first,accuracy_other,difference,low,high,p,p_adjusted\n";
  for (const ComparedFile& file : comparison.others) {
    for (const ComparedTask& task : file.tasks) text += csv_row(comparison, file, task.task, task.result);
    if (file.mean) text += csv_row(comparison, file, "", *file.mean);
  }
  return text;
}

Json json_of(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json json_of(const PairedResult& r) {
  return {{"accuracy_first", json_of(r.first.value)},
          {"accuracy_other", json_of(r.other.value)},
          {"difference", json_of(r.difference.value)},
          {"low", json_of(r.difference.interval.low)},
          {"high", json_of(r.difference.interval.high)},
          {"p", r.p},
          {"p_adjusted", r.p_adjusted},
          {"examples", r.difference.examples}};
}

Json json_of(const Comparison& comparison) {
  Json json = {{"first", comparison.first}, {"others", Json::array()}};
  for (const ComparedFile& file : comparison.others) {
    Json of_file = {{"other", file.name}, {"tasks", Json::array()}};
    for (const ComparedTask& task : file.tasks) {
      Json row = {{"task", task.task}};
      row.update(json_of(task.result));
      of_file["tasks"].push_back(row);
    }
    of_file["mean"] = file.mean ? json_of(*file.mean) : Json(nullptr);
    of_file["left_out"] = file.left_out;
    of_file["differing_settings"] = file.differing;
    json["others"].push_back(of_file);
  }
  return json;
}

std::string grids(const Comparison& comparison, const std::function<std::string(const TextTable&)>& laid_out) {
  std::string text;
  for (const ComparedFile& file : comparison.others)
    text += (text.empty() ? "" : "\n") + laid_out(grid_of(comparison.first, file));
  return text;
}

std::string as_words(const Comparison& comparison) {
  std::string text;
  for (const ComparedFile& file : comparison.others) {
    text += (text.empty() ? "" : "\n") + as_text(grid_of(comparison.first, file));
    for (const std::string& setting : file.differing) text += fmt::format("They differ in {}.\n", setting);
    for (const std::string& task : file.left_out) text += fmt::format("Left out: {}.\n", task);
  }
  return text +
         "Difference: the later file minus the first, 95 % intervals. p: of a task by sign flips over its\n"
         "examples, adjusted by Holm; of the mean by signed ranks over tasks.\n";
}

}  // namespace

std::string comparison_table(const Comparison& comparison, TableFormat format) {
  switch (format) {
    case TableFormat::markdown: return grids(comparison, as_markdown);
    case TableFormat::latex: return grids(comparison, as_latex);
    case TableFormat::csv: return as_csv(comparison);
    case TableFormat::json: return json_of(comparison).dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
    case TableFormat::text: break;
  }
  return as_words(comparison);
}

}  // namespace lorasweep
