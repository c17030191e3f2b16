// SPDX-License-Identifier: Apache-2.0
// Means over what is known, set in columns.
#include "pipeline/report/summary_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>

namespace lorasweep {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
using Row = std::array<double, 4>;  // zero-shot, few-shot, mean, best

double mean_of_known(std::span<const double> values) {
  double sum = 0;
  int known = 0;
  for (const double value : values)
    if (!std::isnan(value)) {
      sum += value;
      ++known;
    }
  return known == 0 ? unknown : sum / known;
}

double greatest_known(std::span<const double> values) {
  double greatest = unknown;
  for (const double value : values)
    if (std::isnan(greatest) || value > greatest) greatest = value;
  return greatest;
}

double at(const std::vector<double>& column, std::size_t task) { return task < column.size() ? column[task] : unknown; }

std::size_t letters(const std::string& utf8) {
  return static_cast<std::size_t>(
      std::ranges::count_if(utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string line(const std::string& name, std::size_t width, const Row& row) {
  std::string text = fmt::format("{}{:{}}", name, "", width - letters(name));
  for (const double value : row)
    text += std::isnan(value) ? fmt::format("  {:>9}", "-") : fmt::format("  {:>9.1f}", value);
  return text + "\n";
}

}  // namespace

std::string summary_table(const Summary& summary) {
  constexpr const char* average = "average";
  std::size_t width = letters(average);
  for (const std::string& task : summary.task) width = std::max(width, letters(task));

  std::string text =
      fmt::format("{:{}}  {:>9}  {:>9}  {:>9}  {:>9}\n", "task", width, "zero-shot", "few-shot", "mean", "best");
  const std::string rule = fmt::format("{:-<{}}\n", "", width + 4 * 11);
  text += rule;
  std::array<std::vector<double>, 4> columns;
  const std::size_t replicates = summary.seed.size();
  for (std::size_t t = 0; t < summary.task.size(); ++t) {
    const std::span<const double> found = std::span(summary.accuracy).subspan(t * replicates, replicates);
    const Row row = {at(summary.accuracy_zero_shot, t), at(summary.accuracy_few_shot, t), mean_of_known(found),
                     greatest_known(found)};
    for (std::size_t c = 0; c < row.size(); ++c) columns[c].push_back(row[c]);
    text += line(summary.task[t], width, row);
  }
  Row means;
  for (std::size_t c = 0; c < means.size(); ++c) means[c] = mean_of_known(columns[c]);
  return text + rule + line(average, width, means);
}

}  // namespace lorasweep
