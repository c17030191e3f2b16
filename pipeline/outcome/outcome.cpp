// SPDX-License-Identifier: Apache-2.0
// Estimates and tests, task by task and over tasks.
#include "pipeline/outcome/outcome.h"

#include "pipeline/outcome/ways.h"
#include "pipeline/statistics/holm.h"
#include "pipeline/statistics/sign_flip.h"
#include "pipeline/statistics/signed_rank.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

namespace lorasweep {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
// What a composed model is tested against. The base with shots in its input is shown, but it was given more to read.
constexpr std::array tested_against = {Subject::zero_shot, Subject::uniform, Subject::best_single,
                                       Subject::random_adapters};

Interval percent(const Interval& of_one) { return {100 * of_one.low, 100 * of_one.high}; }

std::optional<ScoreMatrix> scores_by_shots(const TaskOutcome& task) {
  const auto found = task.scores.find(Subject::search);
  if (!task.by_shots || found == task.scores.end()) return std::nullopt;
  if (std::ranges::find(found->second.replicates, *task.by_shots) == found->second.replicates.end())
    return std::nullopt;
  return of_replicates(found->second, {*task.by_shots});
}

void add_estimates(const Summary& summary, std::size_t position, TaskOutcome& task) {
  for (const auto& [subject, scores] : task.scores) task.ways[subject] = estimate_of(scores.matrix, position);
  task.by_shots = lowest_objective(summary, position);
  if (const auto scores = scores_by_shots(task)) task.found_by_shots = estimate_of(*scores, position);
  for (const Subject against : tested_against) {
    const auto scores = difference_of(task.scores, Subject::search, against);
    if (!scores) continue;
    const auto test = sign_flip_test(*scores, {.stream = position});
    if (!test) continue;
    task.differences.push_back({against, estimate_of(*scores, position), test->p, 1, test->exact});
  }
}

void adjust(std::vector<TaskOutcome>& tasks) {
  std::vector<double> p;
  for (const TaskOutcome& task : tasks)
    for (const Difference& difference : task.differences) p.push_back(difference.p);
  const std::vector<double> adjusted = holm_adjusted(p);
  std::size_t next = 0;
  for (TaskOutcome& task : tasks)
    for (Difference& difference : task.differences) difference.p_adjusted = adjusted[next++];
}

bool is_whole(const TaskOutcome& task, const Outcome& outcome, std::size_t replicates) {
  return std::ranges::all_of(ways, [&](const Way& way) {
    return !outcome.has(way.subject) || is_whole(task.scores, way.subject, replicates);
  });
}

// `tasks` are those at these positions of the sweep, on which the random numbers of a task depend.
Estimate mean_of(const std::vector<std::size_t>& positions, const std::vector<ScoreMatrix>& tasks) {
  const BootstrapOptions options;
  const auto same_replicates = [&](const ScoreMatrix& task) { return task.replicates() == tasks.front().replicates(); };
  const auto draw = std::ranges::all_of(tasks, same_replicates) ? ReplicateDraw::shared : ReplicateDraw::own;
  const auto count = static_cast<double>(tasks.size());
  std::vector<double> resampled(options.resamples, 0.0);
  Estimate mean{.replicates = tasks.front().replicates()};
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    std::ranges::transform(resampled, resampled_means(tasks[i], positions[i], draw, options), resampled.begin(),
                           std::plus<>());
    mean.value += tasks[i].mean().value_or(unknown);
    mean.examples += tasks[i].examples();
  }
  for (double& value : resampled) value /= count;
  mean.value = 100 * (mean.value / count);
  mean.interval = percent(middle_interval(std::move(resampled), options.level).value_or(Interval{unknown, unknown}));
  return mean;
}

void add_mean_difference(Outcome& outcome, Subject against) {
  std::vector<ScoreMatrix> scores;
  std::vector<double> means;
  for (const std::size_t t : outcome.whole) {
    auto of_task = difference_of(outcome.tasks[t].scores, Subject::search, against);
    if (!of_task) return;
    means.push_back(*of_task->mean());
    scores.push_back(std::move(*of_task));
  }
  if (const auto test = signed_rank_test(means))
    outcome.differences.push_back({against, mean_of(outcome.whole, scores), test->p, test->p, true});
}

void add_means(Outcome& outcome) {
  if (outcome.whole.empty()) return;
  std::vector<ScoreMatrix> by_shots;
  for (const std::size_t t : outcome.whole)
    if (auto scores = scores_by_shots(outcome.tasks[t])) by_shots.push_back(std::move(*scores));
  if (by_shots.size() == outcome.whole.size()) outcome.mean_by_shots = mean_of(outcome.whole, by_shots);
  for (const Way& way : ways) {
    if (!outcome.has(way.subject)) continue;
    std::vector<ScoreMatrix> scores;
    for (const std::size_t t : outcome.whole) scores.push_back(outcome.tasks[t].scores.at(way.subject).matrix);
    outcome.means[way.subject] = mean_of(outcome.whole, scores);
  }
  for (const Subject against : tested_against)
    if (outcome.has(against) && outcome.has(Subject::search)) add_mean_difference(outcome, against);
  std::vector<double> p;
  for (const Difference& difference : outcome.differences) p.push_back(difference.p);
  const std::vector<double> adjusted = holm_adjusted(p);
  for (std::size_t i = 0; i < adjusted.size(); ++i) outcome.differences[i].p_adjusted = adjusted[i];
}

BelowZeroShot below_zero_shot(const SweepResults& results, const Outcome& outcome) {
  std::vector<double> zero_shot;
  for (const TaskOutcome& task : outcome.tasks) {
    const auto base = task.ways.find(Subject::zero_shot);
    zero_shot.push_back(base == task.ways.end() ? unknown : base->second.value);
  }
  return searches_below_zero_shot(search_accuracies(results, outcome), zero_shot, outcome.tasks.size(),
                                  results.summary.seed.size());
}

}  // namespace

bool Outcome::has(Subject way) const {
  return std::ranges::any_of(tasks, [&](const TaskOutcome& task) { return task.scores.contains(way); });
}

Estimate estimate_of(const ScoreMatrix& scores, std::size_t position) {
  return {100 * scores.mean().value_or(unknown),
          percent(bootstrap_interval(scores, position, {}).value_or(Interval{unknown, unknown})), scores.replicates(),
          scores.examples()};
}

std::vector<double> search_accuracies(const SweepResults& results, const Outcome& outcome) {
  const std::size_t replicates = results.summary.seed.size();
  std::vector<double> accuracies(outcome.tasks.size() * replicates, unknown);
  for (std::size_t t = 0; t < outcome.tasks.size(); ++t) {
    const auto found = outcome.tasks[t].scores.find(Subject::search);
    if (found == outcome.tasks[t].scores.end()) continue;
    for (const std::size_t r : found->second.replicates)
      accuracies[t * replicates + r] = 100 * *of_replicates(found->second, {r}).mean();
  }
  return accuracies;
}

Outcome outcome_of(const SweepResults& results, Scoring scoring) {
  Outcome outcome{.scoring = scoring};
  for (auto& scores : scores_of(results, scoring)) outcome.tasks.push_back({.scores = std::move(scores)});
  for (std::size_t t = 0; t < outcome.tasks.size(); ++t) add_estimates(results.summary, t, outcome.tasks[t]);
  adjust(outcome.tasks);
  for (std::size_t t = 0; t < outcome.tasks.size(); ++t)
    if (is_whole(outcome.tasks[t], outcome, results.summary.seed.size())) outcome.whole.push_back(t);
  add_means(outcome);
  outcome.below = below_zero_shot(results, outcome);
  return outcome;
}

}  // namespace lorasweep
