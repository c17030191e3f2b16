// SPDX-License-Identifier: Apache-2.0
// Means over what can be compared, set in columns.
#include "pipeline/report/summary_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

namespace lorasweep {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t columns = 4, mean_column = 2;
using Row = std::array<double, columns>;  // zero-shot, few-shot, mean, best

bool is_known(double value) { return !std::isnan(value); }

std::size_t known_in(std::span<const double> values) { return std::ranges::count_if(values, is_known); }

double mean_of_known(std::span<const double> values) {
  double sum = 0;
  for (const double value : values)
    if (is_known(value)) sum += value;
  return known_in(values) == 0 ? unknown : sum / static_cast<double>(known_in(values));
}

double greatest_known(std::span<const double> values) {
  double greatest = unknown;
  for (const double value : values)
    if (std::isnan(greatest) || value > greatest) greatest = value;
  return greatest;
}

double at(const std::vector<double>& column, std::size_t task) { return task < column.size() ? column[task] : unknown; }

std::size_t letters(const std::string& utf8) {
  return std::ranges::count_if(utf8, [](char c) { return (c & 0xC0) != 0x80; });
}

std::string line(const std::string& name, std::size_t width, const Row& row, const std::string& remark) {
  std::string text = fmt::format("{}{:{}}", name, "", width - letters(name));
  for (const double value : row)
    text += is_known(value) ? fmt::format("  {:>9.1f}", value) : fmt::format("  {:>9}", "-");
  return text + (remark.empty() ? "" : "  " + remark) + "\n";
}

struct TaskRow {
  Row row;
  std::size_t seeds = 0;  ///< with a result
};

std::vector<TaskRow> rows_of(const Summary& summary) {
  const std::size_t replicates = summary.seed.size();
  std::vector<TaskRow> rows;
  for (std::size_t t = 0; t < summary.task.size(); ++t) {
    const std::span<const double> found = std::span(summary.accuracy).subspan(t * replicates, replicates);
    rows.push_back({{at(summary.accuracy_zero_shot, t), at(summary.accuracy_few_shot, t), mean_of_known(found),
                     greatest_known(found)},
                    known_in(found)});
  }
  return rows;
}

// The rows without a gap in the columns that have any value. A column without values was not asked for, or is not
// computed yet: it has no average.
std::vector<Row> whole_rows(const std::vector<TaskRow>& rows, std::size_t replicates) {
  std::array<bool, columns> used{};
  for (std::size_t c = 0; c < columns; ++c)
    used[c] = std::ranges::any_of(rows, [&](const TaskRow& row) { return is_known(row.row[c]); });
  std::vector<Row> whole;
  for (const TaskRow& task : rows) {
    bool all = task.seeds == replicates || !used[mean_column];
    for (std::size_t c = 0; c < columns; ++c) all = all && (is_known(task.row[c]) || !used[c]);
    if (all) whole.push_back(task.row);
  }
  return whole;
}

std::string remark_on_seeds(std::size_t there, std::size_t replicates) {
  return there == 0 || there == replicates ? "" : fmt::format("{} of {} seeds", there, replicates);
}

std::string remark_on_tasks(std::size_t whole, std::size_t tasks) {
  if (whole == tasks) return "";
  return whole == 0 ? "no task is whole" : fmt::format("over the {} of {} tasks that are whole", whole, tasks);
}

}  // namespace

std::string summary_table(const Summary& summary) {
  constexpr const char* average = "average";
  std::size_t width = letters(average);
  for (const std::string& task : summary.task) width = std::max(width, letters(task));

  std::string text =
      fmt::format("{:{}}  {:>9}  {:>9}  {:>9}  {:>9}\n", "task", width, "zero-shot", "few-shot", "mean", "best");
  const std::string rule = fmt::format("{:-<{}}\n", "", width + columns * 11);
  text += rule;
  const std::vector<TaskRow> rows = rows_of(summary);
  for (std::size_t t = 0; t < rows.size(); ++t)
    text += line(summary.task[t], width, rows[t].row, remark_on_seeds(rows[t].seeds, summary.seed.size()));
  const std::vector<Row> whole = whole_rows(rows, summary.seed.size());
  Row means;
  for (std::size_t c = 0; c < columns; ++c) {
    std::vector<double> column;
    for (const Row& row : whole) column.push_back(row[c]);
    means[c] = mean_of_known(column);
  }
  return text + rule + line(average, width, means, remark_on_tasks(whole.size(), rows.size()));
}

}  // namespace lorasweep
