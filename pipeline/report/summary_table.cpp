// SPDX-License-Identifier: Apache-2.0
// Means over what can be compared, set in columns.
#include "pipeline/report/summary_table.h"

#include "pipeline/report/comparisons.h"
#include "pipeline/report/statistics_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace lorasweep {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t terminal = 100, shortest_name = 12;
constexpr const char* average = "average";

bool is_known(double value) { return !std::isnan(value); }

std::size_t known_in(std::span<const double> values) { return std::ranges::count_if(values, is_known); }

double mean_of_known(std::span<const double> values) {
  double sum = 0;
  for (const double value : values)
    if (is_known(value)) sum += value;
  return known_in(values) == 0 ? unknown : sum / static_cast<double>(known_in(values));
}

bool is_letter(char c) { return (c & 0xC0) != 0x80; }
std::size_t letters(const std::string& utf8) { return std::ranges::count_if(utf8, is_letter); }

// The first letters of it, or the last ones.
std::string cut(const std::string& name, std::size_t from, std::size_t count) {
  std::string text;
  std::size_t letter = 0;
  for (const char c : name) {
    letter += is_letter(c);
    if (letter > from && letter <= from + count) text += c;
  }
  return text;
}

// Names of tasks differ at their ends: more of that stays.
std::string shortened(const std::string& name, std::size_t width) {
  const std::size_t length = letters(name);
  if (length <= width) return name;
  const std::size_t head = (width - 1) / 5, tail = width - 1 - head;
  return cut(name, 0, head) + "…" + cut(name, length - tail, tail);
}

std::string right(const std::string& text, std::size_t width) {
  return fmt::format("{:{}}{}", "", width - std::min(width, letters(text)), text);
}

struct Column {
  std::string heading;
  std::vector<double> values;   ///< [task]
  std::size_t replicates = 1;   ///< that a value is over, where it is whole
  std::vector<std::size_t> of;  ///< [task] how many of them are known
};

Column of_replicates(const char* heading, const Summary& s, const std::vector<double>& cells) {
  Column column{heading, {}, s.seed.size(), {}};
  for (std::size_t t = 0; t < s.task.size(); ++t) {
    const std::size_t begin = std::min(t * column.replicates, cells.size());
    const auto row = std::span(cells).subspan(begin, std::min(column.replicates, cells.size() - begin));
    column.values.push_back(mean_of_known(row));
    column.of.push_back(known_in(row));
  }
  return column;
}

Column of_base(const char* heading, const Summary& s, const std::vector<double>& values) {
  Column column{heading, values, 1, {}};
  column.values.resize(s.task.size(), unknown);
  column.of.assign(s.task.size(), 1);
  return column;
}

Column by_shots(const Summary& s) {
  Column column{"by shots", {}, 1, std::vector<std::size_t>(s.task.size(), 1)};
  for (std::size_t t = 0; t < s.task.size(); ++t) {
    const std::int32_t replicate = t < s.by_shots.size() ? s.by_shots[t] : -1;
    column.values.push_back(replicate < 0 ? unknown
                                          : s.accuracy[t * s.seed.size() + static_cast<std::size_t>(replicate)]);
  }
  return column;
}

bool is_used(const Column& column) { return known_in(column.values) > 0; }

class TextTable {
 public:
  explicit TextTable(const SweepResults& results) : results_(results), s_(results.summary) {
    columns_.push_back(of_base("zero-shot", s_, s_.accuracy_zero_shot));
    for (Column column :
         {of_base("few-shot", s_, s_.accuracy_few_shot), of_replicates("uniform", s_, s_.accuracy_uniform),
          of_replicates("single", s_, s_.accuracy_best_single),
          of_replicates("random", s_, s_.accuracy_random_adapters)})
      if (is_used(column)) columns_.push_back(std::move(column));
    mean_ = columns_.size();
    columns_.push_back(of_replicates("mean", s_, s_.accuracy));
    columns_.push_back(by_shots(s_));
    opponents_ = opponents_in(results.statistics);
    name_width_ = letters(average);
    for (const std::string& task : s_.task) name_width_ = std::max(name_width_, letters(task));
    name_width_ = std::clamp(name_width_, letters(average), std::max(shortest_name, terminal - width_of_data()));
  }

  std::string text() const {
    const std::string rule = fmt::format("{:-<{}}\n", "", name_width_ + width_of_data());
    std::string text = heading() + rule;
    for (std::size_t t = 0; t < s_.task.size(); ++t) {
      std::vector<double> values;
      for (const Column& column : columns_) values.push_back(column.values[t]);
      text += line(s_.task[t], values, static_cast<std::int32_t>(t), remark_on_seeds(t));
    }
    const std::vector<std::size_t> whole = whole_tasks();
    std::vector<double> means;
    for (const Column& column : columns_) {
      std::vector<double> values;
      for (const std::size_t t : whole) values.push_back(column.values[t]);
      means.push_back(mean_of_known(values));
    }
    return text + rule + line(average, means, -1, remark_on_tasks(whole.size()));
  }

 private:
  static constexpr std::size_t gap = 2, interval_width = 11, least_width = 5;
  static std::size_t width_of(const Column& column) { return std::max(letters(column.heading), least_width); }

  std::size_t width_of_data() const {
    std::size_t width = gap + interval_width;
    for (const Column& column : columns_) width += gap + width_of(column);
    return width + (opponents_.empty() ? 0 : gap + std::max<std::size_t>(4, opponents_.size()));
  }

  std::string heading() const {
    std::string text = fmt::format("{:{}}", "task", name_width_);
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      text += "  " + right(columns_[c].heading, width_of(columns_[c]));
      if (c == mean_) text += "  " + right("95 %", interval_width);
    }
    return text + (opponents_.empty() ? "" : "  sign") + "\n";
  }

  std::string line(const std::string& name, const std::vector<double>& values, std::int32_t task,
                   const std::string& remark) const {
    const std::string shown = shortened(name, name_width_);
    std::string text = fmt::format("{}{:{}}", shown, "", name_width_ - letters(shown));
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      text += "  " + right(is_known(values[c]) ? fmt::format("{:.1f}", values[c]) : "-", width_of(columns_[c]));
      if (c == mean_) text += "  " + right(interval(task), interval_width);
    }
    std::string end = opponents_.empty() ? "" : "  " + signs(task);
    if (!remark.empty()) end += "  " + remark;
    end.erase(end.find_last_not_of(' ') + 1);
    return text + end + "\n";
  }

  std::string interval(std::int32_t task) const {
    const auto row = statistics_row(results_.statistics, task, Subject::search);
    if (!row) return "-";
    return fmt::format("{:.1f}-{:.1f}", results_.statistics.low[*row], results_.statistics.high[*row]);
  }

  std::string signs(std::int32_t task) const {
    std::string text;
    for (const Subject opponent : opponents_)
      text += verdict_on(results_.statistics, statistics_row(results_.statistics, task, Subject::search, opponent));
    return text;
  }

  // The rows without a gap in the columns that have any value. A column without values was not asked for, or is not
  // computed yet: it has no average.
  std::vector<std::size_t> whole_tasks() const {
    std::vector<std::size_t> whole;
    for (std::size_t t = 0; t < s_.task.size(); ++t)
      if (std::ranges::all_of(columns_, [&](const Column& column) {
            return !is_used(column) || (is_known(column.values[t]) && column.of[t] == column.replicates);
          }))
        whole.push_back(t);
    return whole;
  }

  std::string remark_on_seeds(std::size_t task) const {
    const std::size_t there = columns_[mean_].of[task], all = s_.seed.size();
    return there == 0 || there == all ? "" : fmt::format("{} of {} seeds", there, all);
  }

  std::string remark_on_tasks(std::size_t whole) const {
    if (whole == s_.task.size()) return "";
    return whole == 0 ? "no task is whole"
                      : fmt::format("over the {} of {} tasks that are whole", whole, s_.task.size());
  }

  const SweepResults& results_;
  const Summary& s_;
  std::vector<Column> columns_;
  std::size_t mean_ = 0, name_width_ = 0;
  std::vector<Subject> opponents_;
};

}  // namespace

std::string summary_table(const SweepResults& results) {
  const std::string below = comparison_lines(results);
  return TextTable(results).text() + (below.empty() ? "" : "\n" + below);
}

}  // namespace lorasweep
