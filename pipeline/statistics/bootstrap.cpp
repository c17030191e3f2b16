// SPDX-License-Identifier: Apache-2.0
// Draws replicates and examples, and takes the middle of the resampled means.
#include "pipeline/statistics/bootstrap.h"

#include "data/core/error.h"
#include "pipeline/statistics/index_draws.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

namespace lorasweep {
namespace {

std::uint32_t count(std::size_t n) {
  if (n > UINT32_MAX) throw InternalError(fmt::format("a bootstrap over {} examples", n));
  return static_cast<std::uint32_t>(n);
}

std::uint64_t stream_of_replicates(std::size_t position, ReplicateDraw draw) {
  return draw == ReplicateDraw::shared ? 0 : 2 * std::uint64_t{position} + 2;
}

}  // namespace

double ResampledMean::operator()(std::span<const std::uint32_t> replicates, std::span<const std::uint32_t> examples) {
  std::ranges::fill(at_example_, 0);
  for (const std::uint32_t r : replicates) {
    const auto row = scores_.replicate(r);
    for (std::size_t e = 0; e < row.size(); ++e) at_example_[e] += row[e];
  }
  std::int64_t sum = 0;
  for (const std::uint32_t e : examples) sum += at_example_[e];
  return static_cast<double>(sum) / static_cast<double>(replicates.size() * examples.size());
}

std::vector<double> resampled_means(const ScoreMatrix& task, std::size_t position, ReplicateDraw draw,
                                    const BootstrapOptions& options) {
  if (options.resamples < 1) throw InternalError(fmt::format("a bootstrap of {} resamples", options.resamples));
  if (task.empty()) return {};
  IndexDraws draw_replicates({options.seed, stream_of_replicates(position, draw)}, count(task.replicates()));
  IndexDraws draw_examples({options.seed, 2 * std::uint64_t{position} + 1}, count(task.examples()));
  std::vector<std::uint32_t> replicates(task.replicates()), examples(task.examples());
  ResampledMean mean(task);
  std::vector<double> means(options.resamples);
  for (double& resampled : means) {
    draw_replicates.fill(replicates);
    draw_examples.fill(examples);
    resampled = mean(replicates, examples);
  }
  return means;
}

std::optional<Interval> bootstrap_interval(const ScoreMatrix& task, std::size_t position,
                                           const BootstrapOptions& options) {
  return middle_interval(resampled_means(task, position, ReplicateDraw::shared, options), options.level);
}

std::optional<Interval> bootstrap_interval(std::span<const ScoreMatrix> tasks, ReplicateDraw draw,
                                           const BootstrapOptions& options) {
  if (tasks.empty() || std::ranges::any_of(tasks, &ScoreMatrix::empty)) return std::nullopt;
  for (const ScoreMatrix& task : tasks)
    if (draw == ReplicateDraw::shared && task.replicates() != tasks.front().replicates())
      throw InternalError(fmt::format("tasks with {} and {} replicates share no draw of them",
                                      tasks.front().replicates(), task.replicates()));
  std::vector<double> means(std::max(options.resamples, 0), 0.0);
  for (std::size_t t = 0; t < tasks.size(); ++t)
    std::ranges::transform(means, resampled_means(tasks[t], t, draw, options), means.begin(), std::plus<double>());
  for (double& mean : means) mean /= static_cast<double>(tasks.size());
  return middle_interval(std::move(means), options.level);
}

}  // namespace lorasweep
