// SPDX-License-Identifier: Apache-2.0
// The table of accuracies, with a drawing of each row, and what the tests say in words.
#include "pipeline/outcome/outcome_table.h"
#include "pipeline/outcome/ways.h"
#include "pipeline/page/html.h"
#include "pipeline/page/section.h"
#include "pipeline/page/svg.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

constexpr double chart_width = 200, chart_height = 24;
constexpr Scale per_cent{0, 100, 4, chart_width - 4};

std::string mark(Subject way, double value) {
  const double x = per_cent(value), y = chart_height / 2;
  if (way == Subject::search)
    return fmt::format("<circle class=\"m-search\" cx=\"{}\" cy=\"{}\" r=\"5\"/>", place(x), place(y));
  if (way == Subject::zero_shot)
    return fmt::format("<circle class=\"m-open\" cx=\"{}\" cy=\"{}\" r=\"4\"/>", place(x), place(y));
  if (way == Subject::few_shot)
    return fmt::format("<rect class=\"m-open\" x=\"{}\" y=\"{}\" width=\"7\" height=\"7\"/>", place(x - 3.5),
                       place(y - 3.5));
  const char* path = way == Subject::best_single ? "M-4.5 4 0 -5 4.5 4Z"
                     : way == Subject::uniform   ? "M0 -5 5 0 0 5 -5 0Z"
                                                 : "M-4 -4 4 4M-4 4 4 -4";
  return fmt::format("<path class=\"m-open\" d=\"{}\" transform=\"translate({} {})\"/>", path, place(x), place(y));
}

// Marks on a line from 0 to 100 %, and the interval of the composed models.
std::string row_chart(const std::map<Subject, Estimate>& estimates, const std::string& id, const std::string& task) {
  std::string content = fmt::format("<line class=\"axis\" x1=\"4\" x2=\"{0}\" y1=\"{1}\" y2=\"{1}\"/>",
                                    place(chart_width - 4), place(chart_height / 2));
  for (const double tick : {0.0, 25.0, 50.0, 75.0, 100.0})
    content += fmt::format("<line class=\"axis\" x1=\"{0}\" x2=\"{0}\" y1=\"9\" y2=\"15\"/>", place(per_cent(tick)));
  std::string words;
  for (const Way& way : ways) {
    const auto found = estimates.find(way.subject);
    if (found == estimates.end()) continue;
    if (way.subject == Subject::search)
      content += fmt::format("<line class=\"interval\" x1=\"{}\" x2=\"{}\" y1=\"{}\" y2=\"{}\"/>",
                             place(per_cent(found->second.interval.low)), place(per_cent(found->second.interval.high)),
                             place(chart_height / 2), place(chart_height / 2));
    content += mark(way.subject, found->second.value);
    words += fmt::format("{}{} {}", words.empty() ? "" : ", ", way.label, estimate_text(found->second));
  }
  return svg(chart_width, chart_height, id, task, words, content, "row");
}

std::string legend(const Outcome& outcome) {
  std::string items;
  for (const Way& way : ways)
    if (outcome.has(way.subject)) {
      std::string drawn = mark(way.subject, 0);
      items += fmt::format(
          "<li><svg class=\"key\" viewBox=\"-5 0 18 24\" width=\"18\" height=\"24\" aria-hidden=\"true\">{}</svg> "
          "<span><b>{}</b>: {}</span></li>\n",
          drawn, way.label, way.meaning);
    }
  return "<ul class=\"legend\">\n" + items + "</ul>\n";
}

// A number that is worse than zero-shot has a sign, a colour and a word.
HtmlTable::Cell accuracy_cell(double value, std::optional<double> base, const std::string& more = "",
                              const std::string& title = "") {
  if (!std::isfinite(value)) return {"–", "-1", "none", title};
  const bool worse = base && value < *base - 1e-9;
  return {(worse ? "<span class=\"sign\" aria-label=\"below zero-shot:\">▼</span> " : "") + number_text(value) + more,
          fmt::format("{}", value), worse ? "worse" : "", title};
}

std::string interval_html(const Estimate& estimate) {
  return fmt::format(" <small>[{}, {}]</small>", number_text(estimate.interval.low),
                     number_text(estimate.interval.high));
}

std::optional<double> base_of(const std::map<Subject, Estimate>& estimates) {
  const auto base = estimates.find(Subject::zero_shot);
  return base == estimates.end() ? std::nullopt : std::optional(base->second.value);
}

const Difference* find(const std::vector<Difference>& differences, Subject against) {
  const auto found = std::ranges::find(differences, against, &Difference::against);
  return found == differences.end() ? nullptr : &*found;
}

HtmlTable::Cell test_cell(const Difference* difference) {
  if (difference == nullptr) return {"–", "2", "none"};
  const std::string verdict = verdict_of(*difference);
  const char* kind = verdict == "better" ? "good" : verdict == "worse" ? "worse" : "";
  const char* sign = verdict == "better" ? "▲ " : verdict == "worse" ? "▼ " : "";
  return {fmt::format("{}{} <small>p {}</small>", sign, verdict, escaped(p_text(difference->p_adjusted))),
          fmt::format("{}", difference->p_adjusted), kind, difference_text(difference->estimate) + " points"};
}

struct Columns {
  std::vector<Way> shown, tested;
};

Columns columns_of(const Outcome& outcome) {
  Columns columns;
  for (const Way& way : ways) {
    if (!outcome.has(way.subject)) continue;
    columns.shown.push_back(way);
    const bool tested = std::ranges::any_of(
        outcome.tasks, [&](const TaskOutcome& task) { return find(task.differences, way.subject) != nullptr; });
    if (tested) columns.tested.push_back(way);
  }
  return columns;
}

std::vector<HtmlTable::Cell> estimate_cells(const Columns& columns, const std::map<Subject, Estimate>& estimates) {
  std::vector<HtmlTable::Cell> cells;
  const auto base = base_of(estimates);
  for (const Way& way : columns.shown) {
    const auto found = estimates.find(way.subject);
    if (found == estimates.end())
      cells.push_back({"–", "-1", "none"});
    else
      cells.push_back(accuracy_cell(found->second.value, way.subject == Subject::zero_shot ? std::nullopt : base,
                                    interval_html(found->second)));
  }
  return cells;
}

// Who answers where the guard did not let the mixture stand.
std::string guard_remark(const Summary& s, std::size_t cell) {
  if (cell >= s.guard.size()) return "";
  switch (static_cast<GuardCode>(s.guard[cell])) {
    case GuardCode::base: return " <small>guard: base</small>";
    case GuardCode::best_single: return " <small>guard: best single</small>";
    default: return "";
  }
}

std::vector<HtmlTable::Cell> task_row(const PageFile& file, const Columns& columns,
                                      const std::vector<double>& accuracies, std::size_t t) {
  const Summary& s = file.results.summary;
  const TaskOutcome& task = file.outcome.tasks[t];
  const auto base = base_of(task.ways);
  std::vector<HtmlTable::Cell> row{{name_html(s.task[t])}};
  row.push_back({row_chart(task.ways, fmt::format("{}acc{}", file.prefix, t), s.task[t]),
                 task.ways.contains(Subject::search) ? fmt::format("{}", task.ways.at(Subject::search).value) : "-1"});
  std::ranges::move(estimate_cells(columns, task.ways), std::back_inserter(row));
  const std::string of_seed = task.by_shots ? fmt::format(" <small>seed {}</small>", s.seed[*task.by_shots]) : "";
  row.push_back(accuracy_cell(task.found_by_shots ? task.found_by_shots->value : NAN, base, of_seed));
  for (const Way& way : columns.tested) row.push_back(test_cell(find(task.differences, way.subject)));
  for (std::size_t r = 0; r < s.seed.size(); ++r) {
    constexpr std::array words = {"", "failed", "not finished", "not there"};
    const std::size_t cell = t * s.seed.size() + r;
    row.push_back(accuracy_cell(accuracies[cell], base, guard_remark(s, cell), words.at(s.status[cell])));
  }
  row.push_back({std::to_string(s.n_examples[t])});
  return row;
}

std::vector<HtmlTable::Cell> total_row(const PageFile& file, const Columns& columns) {
  const Outcome& outcome = file.outcome;
  std::vector<HtmlTable::Cell> row{{"mean over tasks"}};
  row.push_back({row_chart(outcome.means, file.prefix + "accmean", "mean over tasks")});
  std::ranges::move(estimate_cells(columns, outcome.means), std::back_inserter(row));
  row.push_back(accuracy_cell(outcome.mean_by_shots ? outcome.mean_by_shots->value : NAN, base_of(outcome.means),
                              outcome.mean_by_shots ? interval_html(*outcome.mean_by_shots) : ""));
  for (const Way& way : columns.tested) row.push_back(test_cell(find(outcome.differences, way.subject)));
  for (std::size_t r = 0; r < file.results.summary.seed.size() + 1; ++r) row.push_back({""});
  return row;
}

std::string table_html(const PageFile& file) {
  const Columns columns = columns_of(file.outcome);
  std::vector<HtmlTable::Head> heads = {
      {"task", HtmlTable::Kind::text},
      {"0 to 100 %", HtmlTable::Kind::number, "marks as in the list below; line: 95 % interval"}};
  for (const Way& way : columns.shown) heads.push_back({way.label, HtmlTable::Kind::number, way.meaning});
  heads.push_back({"by shots", HtmlTable::Kind::number, "the seed with the lowest best objective on the shots"});
  for (const Way& way : columns.tested)
    heads.push_back({fmt::format("against {}", way.label), HtmlTable::Kind::number,
                     "composed against this: sign-flip test over examples, p adjusted by Holm"});
  for (const auto seed : file.results.summary.seed) heads.push_back({fmt::format("seed {}", seed)});
  heads.push_back({"examples", HtmlTable::Kind::number, "of the test set"});
  HtmlTable table("Accuracy in per cent, with 95 % intervals", heads);
  const std::vector<double> accuracies = search_accuracies(file.results, file.outcome);
  for (std::size_t t = 0; t < file.outcome.tasks.size(); ++t)
    table.add(task_row(file, columns, accuracies, t), " class=\"task\"");
  table.add_total(total_row(file, columns));
  return table.html("accuracies");
}

std::string verdict_on(const PageFile& file, const Way& way) {
  std::vector<std::string> better, worse;
  std::size_t tested = 0;
  for (std::size_t t = 0; t < file.outcome.tasks.size(); ++t) {
    const Difference* difference = find(file.outcome.tasks[t].differences, way.subject);
    if (difference == nullptr) continue;
    ++tested;
    const std::string verdict = verdict_of(*difference);
    if (verdict == "better") better.push_back(name_html(file.results.summary.task[t]));
    if (verdict == "worse") worse.push_back(name_html(file.results.summary.task[t]));
  }
  const auto tasks = [](const std::vector<std::string>& names) {
    return names.empty() ? "none" : fmt::format("{} ({})", names.size(), fmt::join(names, ", "));
  };
  std::string text = fmt::format("<li>Against <b>{}</b>, of {} tasks: better on {}, worse on {}; ", way.label, tested,
                                 tasks(better), tasks(worse));
  const Difference* over_tasks = find(file.outcome.differences, way.subject);
  if (over_tasks == nullptr) return text + "no task is whole, so nothing is said of all of them.</li>\n";
  const bool shown = over_tasks->p_adjusted <= 0.05;
  return text + fmt::format("over tasks {} points, {} (signed-rank test, p {}).</li>\n",
                            escaped(difference_text(over_tasks->estimate)),
                            !shown                           ? "which may be chance"
                            : over_tasks->estimate.value > 0 ? "a gain"
                                                             : "a loss",
                            escaped(p_text(over_tasks->p_adjusted)));
}

}  // namespace

PageSection accuracies(const PageFile& file) {
  std::string verdicts;
  for (const Way& way : columns_of(file.outcome).tested) verdicts += verdict_on(file, way);
  if (const std::string below = below_text(file.results, file.outcome); !below.empty())
    verdicts += "<li>" + escaped(below) + "</li>\n";
  if (const std::string whole = remark_on_whole(file.outcome); !whole.empty())
    verdicts += "<li>" + escaped(whole) + "</li>\n";
  const std::string note =
      "<p class=\"note\">Composed: the mean over seeds. ▼ and red: below zero-shot. Intervals: 95 %, percentile "
      "bootstrap over "
      "examples and seeds. Tests: composed against the column's way, two-sided, over the examples of a task; p is "
      "adjusted by "
      "Holm over all of them, and 5 % is taken for a difference. “No difference shown” does not say that there is "
      "none.</p>\n";
  return {"accuracy", "Did composing help?",
          (verdicts.empty() ? "" : "<ul class=\"verdicts\">\n" + verdicts + "</ul>\n") + table_html(file) +
              legend(file.outcome) + note};
}

}  // namespace lorasweep
