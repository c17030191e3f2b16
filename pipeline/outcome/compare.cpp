// SPDX-License-Identifier: Apache-2.0
// Pairs by task, example and target; replicates are pairs where both files have the same seeds.
#include "pipeline/outcome/compare.h"

#include "data/core/error.h"
#include "pipeline/outcome/settings.h"
#include "pipeline/outcome/ways.h"
#include "pipeline/statistics/holm.h"
#include "pipeline/statistics/sign_flip.h"
#include "pipeline/statistics/signed_rank.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <utility>

namespace lorasweep {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

struct File {
  const NamedResults* named;
  std::map<std::string, std::size_t> task;        // by name
  std::vector<std::vector<std::string>> targets;  // [task][example]
  std::vector<std::map<Subject, Scores>> scores;  // [task]
};

File file_of(const NamedResults& named, Scoring scoring) {
  const SweepResults& results = named.results;
  File file{&named, {}, {}, scores_of(results, scoring)};
  for (std::size_t t = 0; t < results.summary.task.size(); ++t) {
    file.task[results.summary.task[t]] = t;
    file.targets.emplace_back(results.summary.n_examples[t]);
  }
  const Predictions& p = results.predictions;
  for (std::size_t row = 0; row < p.of.size(); ++row)
    file.targets[p.task_index[row]].at(p.example_index[row]) = p.target[row];
  return file;
}

void require_same_targets(const File& first, const File& other, const std::string& task) {
  const auto& one = first.targets[first.task.at(task)];
  const auto& two = other.targets[other.task.at(task)];
  const std::string where = fmt::format("{} and {}: task {}", first.named->name, other.named->name, task);
  const char* remedy = "compare files of the same tasks, made with the same pool, limit, shots and shot_seed";
  if (one.size() != two.size())
    throw InputError(where, fmt::format("{} examples in one, {} in the other", one.size(), two.size()), remedy);
  for (std::size_t e = 0; e < one.size(); ++e)
    if (one[e] != two[e])
      throw InputError(where,
                       fmt::format("example {} has the target \"{}\" in one, \"{}\" in the other", e, one[e], two[e]),
                       remedy);
}

std::vector<std::int64_t> seeds_of(const Scores& scores, const File& file) {
  std::vector<std::int64_t> seeds;
  for (const std::size_t r : scores.replicates) seeds.push_back(file.named->results.summary.seed.at(r));
  return seeds;
}

std::optional<Scores> scores_of(const File& file, std::size_t task, ComparedWay what) {
  const auto found = file.scores[task].find(what.way);
  if (found == file.scores[task].end()) return std::nullopt;
  if (!what.by_shots) return found->second;
  const auto lowest = lowest_objective(file.named->results.summary, task);
  if (!lowest || std::ranges::find(found->second.replicates, *lowest) == found->second.replicates.end())
    return std::nullopt;
  return Scores{{*lowest}, of_replicates(found->second, {*lowest})};
}

// Resampled differences of one task. The draws of examples are those of the task's position in either file, so they
// are shared; those of replicates only where the seeds are the same.
struct TaskPair {
  ScoreMatrix first, other;
  bool same_seeds;

  std::vector<double> resampled(std::size_t position) const {
    const auto draw = same_seeds ? ReplicateDraw::shared : ReplicateDraw::own;
    std::vector<double> of_other = resampled_means(other, position, draw, {});
    const std::vector<double> of_first = resampled_means(first, position, ReplicateDraw::shared, {});
    std::ranges::transform(of_other, of_first, of_other.begin(), std::minus<double>());
    return of_other;
  }
  // Whole numbers of 1 / (R S), R and S the numbers of replicates.
  std::vector<std::int64_t> differences() const {
    std::vector<std::int64_t> of_other = other.sums_over_replicates();
    const std::vector<std::int64_t> of_first = first.sums_over_replicates();
    for (std::size_t e = 0; e < of_other.size(); ++e)
      of_other[e] = of_other[e] * static_cast<std::int64_t>(first.replicates()) -
                    of_first[e] * static_cast<std::int64_t>(other.replicates());
    return of_other;
  }
  // One division of whole numbers, so that equal differences are equal bits.
  double mean() const {
    const auto all = differences();
    const auto cells = first.replicates() * other.replicates() * first.examples();
    return static_cast<double>(std::accumulate(all.begin(), all.end(), std::int64_t{0})) / static_cast<double>(cells);
  }
};

Interval percent_interval(std::vector<double> differences) {
  const auto middle = middle_interval(std::move(differences), BootstrapOptions{}.level);
  return middle ? Interval{100 * middle->low, 100 * middle->high} : Interval{unknown, unknown};
}

PairedResult result_of(const TaskPair& pair, std::size_t position) {
  PairedResult result{estimate_of(pair.first, position), estimate_of(pair.other, position), {}, 1, 1};
  result.difference = {100 * pair.mean(), percent_interval(pair.resampled(position)),
                       pair.same_seeds ? pair.first.replicates() : 0, pair.first.examples()};
  if (const auto test = sign_flip_test(pair.differences(), {.stream = position})) result.p = test->p;
  return result;
}

Estimate mean_estimate(const std::vector<const Estimate*>& tasks, Interval interval) {
  Estimate mean{0, interval, tasks.front()->replicates, 0};
  for (const Estimate* task : tasks) {
    mean.value += task->value;
    mean.examples += task->examples;
  }
  mean.value /= static_cast<double>(tasks.size());
  return mean;
}

std::optional<PairedResult> mean_of(const std::vector<TaskPair>& pairs, const std::vector<ComparedTask>& tasks) {
  if (pairs.empty()) return std::nullopt;
  std::vector<double> differences(BootstrapOptions{}.resamples, 0.0), means, first = differences, other = differences;
  const auto add = [&](std::vector<double>& to, const std::vector<double>& values) {
    std::ranges::transform(to, values, to.begin(),
                           [&](double a, double b) { return a + b / static_cast<double>(pairs.size()); });
  };
  for (std::size_t t = 0; t < pairs.size(); ++t) {
    add(differences, pairs[t].resampled(t));
    add(first, resampled_means(pairs[t].first, t, ReplicateDraw::shared, {}));
    add(other, resampled_means(pairs[t].other, t, ReplicateDraw::shared, {}));
    means.push_back(pairs[t].mean());
  }
  std::vector<const Estimate*> of_first, of_other, of_difference;
  for (const ComparedTask& task : tasks) {
    of_first.push_back(&task.result.first);
    of_other.push_back(&task.result.other);
    of_difference.push_back(&task.result.difference);
  }
  PairedResult result{mean_estimate(of_first, percent_interval(std::move(first))),
                      mean_estimate(of_other, percent_interval(std::move(other))),
                      mean_estimate(of_difference, percent_interval(std::move(differences))), 1, 1};
  if (const auto test = signed_rank_test(means)) result.p = result.p_adjusted = test->p;
  return result;
}

ComparedFile compare_two(const File& first, const File& other, ComparedWay what) {
  ComparedFile compared{.name = other.named->name,
                        .differing = differing_settings(first.named->results, other.named->results)};
  std::vector<TaskPair> pairs;
  bool common = false;
  for (const auto& [task, place] : first.task) {
    const auto there = other.task.find(task);
    if (there == other.task.end()) {
      compared.left_out.push_back(fmt::format("{}: {} does not have it", task, other.named->name));
      continue;
    }
    common = true;
    require_same_targets(first, other, task);
    const auto one = scores_of(first, place, what), two = scores_of(other, there->second, what);
    if (!one || !two) {
      compared.left_out.push_back(
          fmt::format("{}: {} has no whole set of answers", task, (one ? other : first).named->name));
      continue;
    }
    const bool same_seeds =
        one->matrix.replicates() == two->matrix.replicates() && seeds_of(*one, first) == seeds_of(*two, other);
    pairs.push_back({one->matrix, two->matrix, same_seeds});
    compared.tasks.push_back({task, result_of(pairs.back(), pairs.size() - 1)});
  }
  for (const auto& [task, place] : other.task)
    if (!first.task.contains(task))
      compared.left_out.push_back(fmt::format("{}: {} does not have it", task, first.named->name));
  if (!common)
    throw InputError(fmt::format("{} and {}", first.named->name, other.named->name), "have no task in common",
                     "compare files of the same tasks");
  compared.mean = mean_of(pairs, compared.tasks);
  return compared;
}

void adjust(Comparison& comparison) {
  std::vector<double> p;
  for (const ComparedFile& file : comparison.others)
    for (const ComparedTask& task : file.tasks) p.push_back(task.result.p);
  const std::vector<double> adjusted = holm_adjusted(p);
  std::size_t next = 0;
  for (ComparedFile& file : comparison.others)
    for (ComparedTask& task : file.tasks) task.result.p_adjusted = adjusted[next++];
}

}  // namespace

Comparison compare(const std::vector<NamedResults>& files, ComparedWay what, Scoring scoring) {
  if (files.size() < 2) throw InternalError("a comparison of fewer than two files");
  std::vector<File> read;
  for (const NamedResults& named : files) read.push_back(file_of(named, scoring));
  Comparison comparison{.first = files.front().name};
  for (std::size_t i = 1; i < read.size(); ++i) comparison.others.push_back(compare_two(read.front(), read[i], what));
  adjust(comparison);
  return comparison;
}

}  // namespace lorasweep
