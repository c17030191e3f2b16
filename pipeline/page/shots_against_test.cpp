// SPDX-License-Identifier: Apache-2.0
// Whether what was lowest on the shots was best on the test set: a dot a search.
#include "pipeline/outcome/outcome_table.h"
#include "pipeline/page/html.h"
#include "pipeline/page/section.h"
#include "pipeline/page/svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

constexpr double width = 560, height = 340, left = 44, bottom = 44;

struct SearchPoint {
  std::size_t task = 0, replicate = 0;
  double loss = 0, objective = 0, accuracy = 0;
  std::int32_t step = 0;
};

std::vector<SearchPoint> points_of(const PageFile& file) {
  const SweepResults& results = file.results;
  const Summary& s = results.summary;
  const std::size_t replicates = s.seed.size();
  std::map<std::pair<std::size_t, std::int32_t>, double> losses;  // (cell, step)
  const Evaluations& e = results.evaluations;
  for (std::size_t row = 0; row < e.step.size(); ++row)
    losses[{e.task_index[row] * replicates + e.replicate[row], e.step[row]}] = e.loss[row];
  const std::vector<double> accuracies = search_accuracies(results, file.outcome);
  std::vector<SearchPoint> points;
  for (std::size_t cell = 0; cell < accuracies.size(); ++cell) {
    const auto loss = losses.find({cell, s.best_step[cell]});
    if (std::isnan(accuracies[cell]) || loss == losses.end() || !std::isfinite(loss->second)) continue;
    points.push_back({cell / replicates, cell % replicates, loss->second, s.best_objective[cell], accuracies[cell],
                      s.best_step[cell]});
  }
  return points;
}

std::string axes(const Scale& x, const Scale& y, bool logarithmic) {
  std::string text = fmt::format("<path class=\"axis\" d=\"M{0} 10V{1}H{2}\"/>", place(left), place(height - bottom),
                                 place(width - 10));
  for (const double tick : {0.0, 25.0, 50.0, 75.0, 100.0})
    text += fmt::format(
        "<line class=\"grid\" x1=\"{0}\" x2=\"{1}\" y1=\"{2}\" y2=\"{2}\"/><text class=\"tick end\" x=\"{3}\" "
        "y=\"{4}\">{5}</text>",
        place(left), place(width - 10), place(y(tick)), place(left - 6), place(y(tick) + 4), tick);
  std::vector<double> ticks;
  if (logarithmic)
    for (double tick = std::pow(10, std::ceil(std::log10(x.low))); tick <= x.high; tick *= 10) ticks.push_back(tick);
  else
    ticks = round_ticks(x.low, x.high, 6);
  for (const double tick : ticks)
    text += fmt::format("<text class=\"tick mid\" x=\"{}\" y=\"{}\">{:g}</text>", place(x(tick)),
                        place(height - bottom + 16), tick);
  return text +
         fmt::format("<text class=\"tick mid\" x=\"{}\" y=\"{}\">loss on the shots{}</text>", place((left + width) / 2),
                     place(height - 8), logarithmic ? " (logarithmic)" : "") +
         fmt::format("<text class=\"tick mid\" transform=\"translate(12 {}) rotate(-90)\">test accuracy, %</text>",
                     place((height - bottom) / 2));
}

std::string drawing(const PageFile& file, const std::vector<SearchPoint>& points) {
  const auto [least, most] = std::ranges::minmax_element(points, {}, &SearchPoint::loss);
  const bool logarithmic = least->loss > 0 && most->loss / least->loss > 20;
  const Scale x{least->loss, most->loss, left + 10, width - 20, logarithmic}, y{0, 100, height - bottom, 14};
  std::string content = axes(x, y, logarithmic);
  const Summary& s = file.results.summary;
  for (const SearchPoint& p : points)
    content += fmt::format(
        "<circle class=\"dot\" cx=\"{}\" cy=\"{}\" r=\"4\"><title>{}, seed {}: loss {:.4g}, accuracy {:.1f} "
        "%</title></circle>",
        place(x(p.loss)), place(y(p.accuracy)), escaped(s.task[p.task]), s.seed[p.replicate], p.loss, p.accuracy);
  return svg(width, height, file.prefix + "scatter", "Loss on the shots against accuracy on the test set",
             fmt::format("{} dots, one a search. The numbers are in the table below.", points.size()), content,
             "chart");
}

// In how many tasks the seed that the shots choose is (one of) the best.
std::string sentence(const PageFile& file, const std::vector<SearchPoint>& points) {
  std::map<std::size_t, std::vector<const SearchPoint*>> by_task;
  for (const SearchPoint& p : points) by_task[p.task].push_back(&p);
  std::size_t tasks = 0, best = 0;
  double lost = 0;
  for (const auto& [task, of_task] : by_task) {
    const auto chosen = std::ranges::find_if(
        of_task, [&](const SearchPoint* p) { return file.outcome.tasks[task].by_shots == p->replicate; });
    if (of_task.size() < 2 || chosen == of_task.end()) continue;
    double most = 0, sum = 0;
    for (const SearchPoint* p : of_task) {
      most = std::max(most, p->accuracy);
      sum += p->accuracy;
    }
    ++tasks;
    best += (*chosen)->accuracy >= most;
    lost += (*chosen)->accuracy - sum / static_cast<double>(of_task.size());
  }
  if (tasks == 0) return "";
  return fmt::format(
      "<p>In {} of {} tasks the seed with the lowest objective on the shots was also the most accurate one. Choosing "
      "by the shots is "
      "worth {:+.1f} points against a seed at random, on average over these tasks.</p>\n",
      best, tasks, lost / static_cast<double>(tasks));
}

std::string numbers(const PageFile& file, const std::vector<SearchPoint>& points) {
  const Summary& s = file.results.summary;
  HtmlTable table("Every finished search", {{"task", HtmlTable::Kind::text},
                                            {"seed"},
                                            {"loss"},
                                            {"objective"},
                                            {"evaluation", HtmlTable::Kind::number, "that was the best, from 1"},
                                            {"accuracy, %"}});
  for (const SearchPoint& p : points)
    table.add({{name_html(s.task[p.task])},
               {std::to_string(s.seed[p.replicate])},
               {fmt::format("{:.4g}", p.loss), fmt::format("{}", p.loss)},
               {fmt::format("{:.4g}", p.objective), fmt::format("{}", p.objective)},
               {std::to_string(p.step + 1)},
               {number_text(p.accuracy), fmt::format("{}", p.accuracy)}});
  return fmt::format("<details><summary>The numbers of all {} searches</summary>\n{}</details>\n", points.size(),
                     table.html("searches"));
}

}  // namespace

PageSection shots_against_test(const PageFile& file) {
  const std::vector<SearchPoint> points = points_of(file);
  if (points.empty()) return {"shots", "Shots against test set", ""};
  return {"shots", "Shots against test set",
          sentence(file, points) + "<figure class=\"one\">" + drawing(file, points) + "</figure>\n" +
              numbers(file, points)};
}

}  // namespace lorasweep
