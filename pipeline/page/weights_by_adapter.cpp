// SPDX-License-Identifier: Apache-2.0
// Which adapters the searches gave weight to, adapter by task.
#include "pipeline/page/html.h"
#include "pipeline/page/section.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

constexpr double least_chosen = 0.1;     // a weight of this size counts as chosen
constexpr std::size_t shown_first = 40;  // adapters in the first table; the others are folded away

// Of an adapter, or of an adapter in one of the places that have weights of their own.
struct AdapterUse {
  std::size_t drawn = 0, chosen = 0;
  double sum_of_sizes = 0;
  std::vector<double> sum;         // [task] of weights
  std::vector<std::size_t> count;  // [task] searches that drew it
  double sum_without = 0;          // loss without it minus loss with it
  std::size_t count_without = 0;
};

// The loss on the shots of the weights that a search found; NaN: not known.
std::vector<double> best_losses(const SweepResults& results) {
  const Summary& s = results.summary;
  std::vector<double> losses(s.best_step.size(), std::numeric_limits<double>::quiet_NaN());
  const Evaluations& e = results.evaluations;
  for (std::size_t row = 0; row < e.step.size(); ++row) {
    const std::size_t cell = e.task_index[row] * s.seed.size() + e.replicate[row];
    if (e.step[row] == s.best_step[cell]) losses[cell] = e.loss[row];
  }
  return losses;
}

// Adapter by adapter, place by place.
std::vector<AdapterUse> uses_of(const SweepResults& results) {
  const Summary& s = results.summary;
  const std::size_t places = s.places();
  std::vector<AdapterUse> uses(results.adapters.name.size() * places);
  for (AdapterUse& use : uses) {
    use.sum.assign(s.task.size(), 0);
    use.count.assign(s.task.size(), 0);
  }
  const std::size_t replicates = s.seed.size(), slots = s.adapter_slots;
  const std::vector<double> losses = best_losses(results);
  for (std::size_t cell = 0; cell < s.task.size() * replicates; ++cell)
    for (std::size_t number = cell * slots * places; number < (cell + 1) * slots * places; ++number) {
      const std::size_t at = number / places;
      const auto adapter = s.adapter_index[at];
      const double weight = s.best_weights[number];
      if (adapter < 0 || std::isnan(weight)) continue;
      AdapterUse& use = uses[adapter * places + number % places];
      ++use.drawn;
      use.chosen += std::abs(weight) >= least_chosen;
      use.sum_of_sizes += std::abs(weight);
      use.sum[cell / replicates] += weight;
      ++use.count[cell / replicates];
      if (at >= s.loss_without.size() || !std::isfinite(s.loss_without[at] - losses[cell])) continue;
      use.sum_without += s.loss_without[at] - losses[cell];
      ++use.count_without;
    }
  return uses;
}

// One of nine colours, from n4 to p4; the greatest weight of the file has the strongest.
std::string colour_of(double weight, double greatest) {
  const auto level = greatest > 0 ? static_cast<int>(std::lround(4 * weight / greatest)) : 0;
  if (level == 0) return "w0";
  return fmt::format("{}{}", level < 0 ? "wn" : "wp", std::abs(level));
}

double greatest_mean(const std::vector<AdapterUse>& uses) {
  double greatest = 0;
  for (const AdapterUse& use : uses)
    for (std::size_t t = 0; t < use.sum.size(); ++t)
      if (use.count[t] > 0) greatest = std::max(greatest, std::abs(use.sum[t] / static_cast<double>(use.count[t])));
  return greatest;
}

std::string table_html(const PageFile& file, const std::vector<AdapterUse>& uses, const std::vector<std::size_t>& order,
                       const std::string& caption) {
  const SweepResults& results = file.results;
  const double greatest = greatest_mean(uses);
  std::vector<HtmlTable::Head> heads = {
      {"adapter", HtmlTable::Kind::text},
      {"drawn", HtmlTable::Kind::number, "searches that had it"},
      {"chosen", HtmlTable::Kind::number, "share of these that gave it a weight of 0.1 or more"},
      {"mean size", HtmlTable::Kind::number, "of its weight"}};
  const std::vector<std::string>& places = results.summary.place;
  if (!places.empty())
    heads.insert(heads.begin() + 1, {"place", HtmlTable::Kind::text, "what the weight is for, by search.scope"});
  const bool has_without = std::ranges::any_of(uses, [](const AdapterUse& use) { return use.count_without > 0; });
  if (has_without)
    heads.push_back({"loss without", HtmlTable::Kind::number, "how much the loss on the shots grows without it"});
  for (const std::string& task : results.summary.task)
    heads.push_back(
        {"<span class=\"up\">" + name_html(task) + "</span>", HtmlTable::Kind::number, "mean weight over seeds"});
  HtmlTable table(caption, heads);
  for (const std::size_t a : order) {
    const AdapterUse& use = uses[a];
    const auto drawn = static_cast<double>(use.drawn);
    std::vector<HtmlTable::Cell> row{{name_html(results.adapters.name[a / results.summary.places()])},
                                     {std::to_string(use.drawn)},
                                     {fmt::format("{:.0f} %", 100 * static_cast<double>(use.chosen) / drawn),
                                      fmt::format("{}", static_cast<double>(use.chosen) / drawn)},
                                     {fmt::format("{:.2f}", use.sum_of_sizes / drawn)}};
    if (!places.empty()) row.insert(row.begin() + 1, {name_html(places[a % places.size()])});
    if (has_without)
      row.push_back({use.count_without == 0
                         ? "–"
                         : fmt::format("{:+.3g}", use.sum_without / static_cast<double>(use.count_without))});
    for (std::size_t t = 0; t < use.sum.size(); ++t) {
      if (use.count[t] == 0) {
        row.push_back({"", "0"});
        continue;
      }
      const double mean = use.sum[t] / static_cast<double>(use.count[t]);
      row.push_back({fmt::format("{:.2f}", mean), "", colour_of(mean, greatest)});
    }
    table.add(std::move(row));
  }
  return table.html("heat");
}

}  // namespace

PageSection weights_by_adapter(const PageFile& file) {
  const std::vector<AdapterUse> uses = uses_of(file.results);
  std::vector<std::size_t> order;
  for (std::size_t a = 0; a < uses.size(); ++a)
    if (uses[a].drawn > 0) order.push_back(a);
  if (order.empty()) return {"weights", "Weights by adapter", ""};
  std::ranges::stable_sort(order, std::greater(),
                           [&](std::size_t a) { return uses[a].sum_of_sizes / static_cast<double>(uses[a].drawn); });
  const auto middle = order.begin() + static_cast<std::ptrdiff_t>(std::min(order.size(), shown_first));
  const std::vector<std::size_t> first(order.begin(), middle), rest(middle, order.end());
  std::string html = fmt::format(
      "<p>The weights with which the searches ended, as means over the seeds that drew the adapter; an empty field: "
      "none drew it. "
      "“Chosen”: the share of the searches that had it in which its weight is {} or more in size. {} of {} adapters "
      "were "
      "drawn.</p>\n",
      least_chosen, order.size() / file.results.summary.places(), file.results.adapters.name.size());
  html += table_html(file, uses, first, "Mean weight by adapter and task");
  if (!rest.empty())
    html +=
        fmt::format("<details><summary>The other {} adapters that were drawn</summary>\n{}</details>\n", rest.size(),
                    table_html(file, uses, rest, "Mean weight by adapter and task, the other adapters"));
  return {"weights", "Weights by adapter", html};
}

}  // namespace lorasweep
