// SPDX-License-Identifier: Apache-2.0
#include "pipeline/report/comparisons.h"

#include "pipeline/report/statistics_rows.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace lorasweep {
namespace {

constexpr std::int32_t over_tasks = -1;

// Tasks on which the search is significantly better, or worse.
struct Wins {
  std::size_t better = 0, worse = 0, tasks = 0;
};

Wins wins_against(const Statistics& s, Subject opponent, std::size_t tasks) {
  Wins wins;
  for (std::size_t t = 0; t < tasks; ++t) {
    const char verdict = verdict_on(s, statistics_row(s, static_cast<std::int32_t>(t), Subject::search, opponent));
    wins.better += verdict == '+';
    wins.worse += verdict == '-';
    wins.tasks += verdict != ' ';
  }
  return wins;
}

std::string line_of(const SweepResults& results, Subject opponent) {
  const Statistics& s = results.statistics;
  const Wins wins = wins_against(s, opponent, results.summary.task.size());
  const auto row = statistics_row(s, over_tasks, Subject::search, opponent);
  std::string numbers = fmt::format("{:>10}  {:>14}  {:>8}", "-", "-", "-");
  if (row)
    numbers = fmt::format("{:>+10.1f}  {:>14}  {:>8.2g}", s.estimate[*row],
                          fmt::format("{:+.1f} to {:+.1f}", s.low[*row], s.high[*row]), s.p_adjusted[*row]);
  return fmt::format("{:<15}  {}  {} better, {} worse of {} tasks\n", name_of(opponent), numbers, wins.better,
                     wins.worse, wins.tasks);
}

std::string below_zero_shot(const Summary& s) {
  std::size_t below = 0, compared = 0, deepest = 0;
  double depth = 0;
  for (std::size_t t = 0; t < s.task.size(); ++t) {
    if (t >= s.n_below_zero_shot.size() || s.n_below_zero_shot[t] < 0) continue;
    below += static_cast<std::size_t>(s.n_below_zero_shot[t]);
    compared += static_cast<std::size_t>(s.n_finished[t]);
    if (s.most_below_zero_shot[t] > depth) {
      depth = s.most_below_zero_shot[t];
      deepest = t;
    }
  }
  if (compared == 0) return "";
  std::string text = fmt::format("{} of {} searches ended below zero-shot", below, compared);
  if (below > 0) text += fmt::format(", the deepest by {:.1f} ({})", depth, s.task[deepest]);
  return text + "\n";
}

std::string guarded(const Summary& s) {
  std::array<std::size_t, 4> counts{};
  for (const std::int8_t code : s.guard)
    if (code >= 0) ++counts.at(static_cast<std::size_t>(code));
  const auto of = [&](GuardCode code) { return counts.at(static_cast<std::size_t>(code)); };
  const std::size_t judged = s.guard.size() - of(GuardCode::none);
  if (judged == 0) return "";
  return fmt::format(
      "the guard let {} of {} searches answer; for {} the base model did, for {} the best single adapter\n",
      of(GuardCode::mixture), judged, of(GuardCode::base), of(GuardCode::best_single));
}

}  // namespace

std::vector<Subject> opponents_in(const Statistics& statistics) {
  std::vector<Subject> found;
  for (const Subject opponent :
       {Subject::zero_shot, Subject::uniform, Subject::best_single, Subject::random_adapters}) {
    const auto code = static_cast<std::int8_t>(1 + static_cast<int>(opponent));
    if (std::ranges::find(statistics.against, code) != statistics.against.end()) found.push_back(opponent);
  }
  return found;
}

std::string comparison_lines(const SweepResults& results) {
  std::string text;
  const std::vector<Subject> opponents = opponents_in(results.statistics);
  if (!opponents.empty()) {
    text += fmt::format("{:<15}  {:>10}  {:>14}  {:>8}\n", "search against", "difference", "95 %", "p");
    std::vector<const char*> names;
    for (const Subject opponent : opponents) {
      text += line_of(results, opponent);
      names.push_back(name_of(opponent));
    }
    text += fmt::format("signs in this order: + better, - worse, = may be chance (p > 0.05 after Holm's adjustment)\n");
  }
  return text + below_zero_shot(results.summary) + guarded(results.summary);
}

}  // namespace lorasweep
