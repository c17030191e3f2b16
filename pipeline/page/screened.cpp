// SPDX-License-Identifier: Apache-2.0
// Every adapter alone on the shots of every task.
#include "pipeline/page/html.h"
#include "pipeline/page/section.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

constexpr std::size_t shown_first = 40;  // adapters; the others are folded away

// [task][adapter] mean loss over the draws of shots; NaN: not tried.
std::vector<std::vector<double>> losses_of(const SweepResults& results) {
  const ScreenedAdapters& screen = *results.screen;
  const std::size_t adapters = results.adapters.name.size(), draws = screen.shot_seed.size();
  std::vector<std::vector<double>> losses(results.summary.task.size());
  for (std::size_t t = 0; t < losses.size(); ++t)
    for (std::size_t a = 0; a < adapters; ++a) {
      double sum = 0;
      for (std::size_t d = 0; d < draws; ++d) sum += screen.loss[(t * draws + d) * adapters + a];
      losses[t].push_back(sum / static_cast<double>(draws));
    }
  return losses;
}

// The place of each adapter among those with a loss, the lowest 1; 0: it has none.
std::vector<std::size_t> places_of(const std::vector<double>& losses) {
  std::vector<std::size_t> order;
  for (std::size_t a = 0; a < losses.size(); ++a)
    if (std::isfinite(losses[a])) order.push_back(a);
  std::ranges::stable_sort(order, {}, [&](std::size_t a) { return losses[a]; });
  std::vector<std::size_t> places(losses.size(), 0);
  for (std::size_t i = 0; i < order.size(); ++i) places[order[i]] = i + 1;
  return places;
}

// Strong for the first places, none beyond the best quarter.
std::string colour_of(std::size_t place, std::size_t adapters) {
  if (place == 0) return "none";
  if (place == 1) return "wp4";
  if (place <= 5) return "wp2";
  return 4 * place <= adapters ? "wp1" : "";
}

std::string table_html(const PageFile& file, const std::vector<std::vector<double>>& losses,
                       const std::vector<std::vector<std::size_t>>& places, const std::vector<std::size_t>& adapters,
                       const std::string& caption) {
  std::vector<HtmlTable::Head> heads = {{"adapter", HtmlTable::Kind::text},
                                        {"first in", HtmlTable::Kind::number, "tasks in which it has the lowest loss"}};
  for (const std::string& task : file.results.summary.task)
    heads.push_back(
        {"<span class=\"up\">" + name_html(task) + "</span>", HtmlTable::Kind::number, "loss on the shots"});
  HtmlTable table(caption, heads);
  for (const std::size_t a : adapters) {
    const auto first = std::ranges::count_if(places, [&](const auto& of_task) { return of_task[a] == 1; });
    std::vector<HtmlTable::Cell> row{{name_html(file.results.adapters.name[a])}, {std::to_string(first)}};
    for (std::size_t t = 0; t < losses.size(); ++t)
      row.push_back({std::isfinite(losses[t][a]) ? fmt::format("{:.3g}", losses[t][a]) : "–", "",
                     colour_of(places[t][a], losses[t].size())});
    table.add(std::move(row));
  }
  return table.html("heat");
}

}  // namespace

PageSection screened(const PageFile& file) {
  const char* heading = "Every adapter alone";
  if (!file.results.screen || file.results.screen->shot_seed.empty()) return {"screen", heading, ""};
  const auto losses = losses_of(file.results);
  std::vector<std::vector<std::size_t>> places;
  for (const auto& of_task : losses) places.push_back(places_of(of_task));
  const std::size_t adapters = file.results.adapters.name.size();
  std::vector<double> mean_place(adapters, 0);
  for (const auto& of_task : places)
    for (std::size_t a = 0; a < adapters; ++a)
      mean_place[a] += static_cast<double>(of_task[a] == 0 ? adapters + 1 : of_task[a]);
  std::vector<std::size_t> order(adapters);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t a) { return mean_place[a]; });
  const auto middle = order.begin() + static_cast<std::ptrdiff_t>(std::min(order.size(), shown_first));
  const std::vector<std::size_t> first(order.begin(), middle), rest(middle, order.end());
  std::string html =
      "<p>The loss on a task’s shots of every adapter alone, at weight 1. The strongest colour: the lowest loss of the "
      "task; the "
      "next: among the best five. Adapters with the best places on average come first.</p>\n" +
      table_html(file, losses, places, first, "Loss of each adapter alone by task");
  if (!rest.empty())
    html +=
        fmt::format("<details><summary>The other {} adapters</summary>\n{}</details>\n", rest.size(),
                    table_html(file, losses, places, rest, "Loss of each adapter alone by task, the other adapters"));
  return {"screen", heading, html};
}

}  // namespace lorasweep
