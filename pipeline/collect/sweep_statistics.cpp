// SPDX-License-Identifier: Apache-2.0
// Rows of intervals and tests, by task and over tasks.
#include "pipeline/collect/sweep_statistics.h"

#include "pipeline/collect/scores.h"
#include "pipeline/statistics/below_zero_shot.h"
#include "pipeline/statistics/bootstrap.h"
#include "pipeline/statistics/holm.h"
#include "pipeline/statistics/sign_flip.h"
#include "pipeline/statistics/signed_rank.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr double percent = 100;
constexpr std::int32_t over_tasks = -1, differ = -1;
constexpr std::array all_subjects = {Subject::search,  Subject::zero_shot,   Subject::few_shot,
                                     Subject::uniform, Subject::best_single, Subject::random_adapters};
/// What a search is compared with.
constexpr std::array opponents = {Subject::zero_shot, Subject::uniform, Subject::best_single, Subject::random_adapters};

std::int8_t code_of(Subject subject) { return static_cast<std::int8_t>(subject); }

// What a row is of.
struct About {
  std::int32_t task = over_tasks;
  Subject of = Subject::search;
  std::optional<Subject> against;
};

struct Chance {
  double p = unknown;
  TestOfChance test = TestOfChance::none;
};

void add_row(Statistics& s, const About& about, double estimate, const std::optional<Interval>& interval,
             const Chance& chance, std::span<const ScoreMatrix> tasks) {
  s.task_index.push_back(about.task);
  s.of.push_back(code_of(about.of));
  s.against.push_back(about.against ? static_cast<std::int8_t>(1 + code_of(*about.against)) : std::int8_t{0});
  s.estimate.push_back(percent * estimate);
  s.low.push_back(interval ? percent * interval->low : unknown);
  s.high.push_back(interval ? percent * interval->high : unknown);
  s.p.push_back(chance.p);
  s.p_adjusted.push_back(unknown);
  s.test.push_back(static_cast<std::int8_t>(chance.test));
  std::size_t examples = 0;
  bool equal = true;
  for (const ScoreMatrix& task : tasks) {
    examples += task.examples();
    equal = equal && task.replicates() == tasks.front().replicates();
  }
  s.n_tasks.push_back(static_cast<std::int32_t>(tasks.size()));
  s.n_replicates.push_back(equal ? static_cast<std::int32_t>(tasks.front().replicates()) : differ);
  s.n_examples.push_back(static_cast<std::int32_t>(examples));
}

Chance sign_flips(const ScoreMatrix& difference, std::size_t task) {
  const auto result = sign_flip_test(difference, {.stream = task});
  if (!result) return {};
  return {result->p, result->exact ? TestOfChance::sign_flip : TestOfChance::sign_flip_sampled};
}

Chance signed_ranks(std::span<const ScoreMatrix> differences) {
  std::vector<double> means;
  for (const ScoreMatrix& difference : differences) means.push_back(*difference.mean());
  const auto result = signed_rank_test(means);
  return result ? Chance{result->p, TestOfChance::signed_rank} : Chance{};
}

// Adjusts the p of the rows of tasks, or of those over tasks, as one family.
void adjust(Statistics& s, bool of_tasks) {
  std::vector<double> p;
  const auto is_of_family = [&](std::size_t row) {
    return !std::isnan(s.p[row]) && (s.task_index[row] != over_tasks) == of_tasks;
  };
  for (std::size_t row = 0; row < s.p.size(); ++row)
    if (is_of_family(row)) p.push_back(s.p[row]);
  const std::vector<double> adjusted = holm_adjusted(p);
  auto next = adjusted.begin();
  for (std::size_t row = 0; row < s.p.size(); ++row)
    if (is_of_family(row)) s.p_adjusted[row] = *next++;
}

class Rows {
 public:
  explicit Rows(const SweepResults& results) : answers_(scores_of(results, Scoring::lorahub)) {
    const auto has = [&](Subject of) {
      return std::ranges::any_of(answers_, [&](const auto& task) { return task.contains(of); });
    };
    const std::size_t replicates = results.summary.seed.size();
    for (std::size_t t = 0; t < answers_.size(); ++t)
      if (std::ranges::all_of(all_subjects,
                              [&](Subject of) { return !has(of) || is_whole(answers_[t], of, replicates); }))
        whole_.push_back(t);
  }

  Statistics statistics() {
    for (std::size_t t = 0; t < answers_.size(); ++t) add_task(t);
    add_over_tasks();
    adjust(out_, true);
    adjust(out_, false);
    return std::move(out_);
  }

 private:
  // A task's place in the file is its position among the random numbers. Its resampled means serve the mean over tasks,
  // too: replicates are drawn for all tasks at once.
  void add_task(std::size_t t) {
    const bool serves_means = std::ranges::find(whole_, t) != whole_.end();
    const auto add = [&](const About& about, const ScoreMatrix& scores) {
      std::vector<double> means = resampled_means(scores, t, ReplicateDraw::shared, options_);
      const Chance chance = about.against ? sign_flips(scores, t) : Chance{};
      if (serves_means) keep(about, scores, means);
      add_row(out_, about, *scores.mean(), middle_interval(std::move(means), options_.level), chance, {&scores, 1});
    };
    const auto task = static_cast<std::int32_t>(t);
    for (const Subject of : all_subjects)
      if (const auto found = answers_[t].find(of); found != answers_[t].end())
        add({task, of, std::nullopt}, found->second.matrix);
    for (const Subject against : opponents)
      if (const auto difference = difference_of(answers_[t], Subject::search, against))
        add({task, Subject::search, against}, *difference);
  }

  // Of the tasks of which everything is there: all rows over tasks are over these.
  struct Kept {
    std::vector<ScoreMatrix> tasks;
    std::vector<double> sums;  ///< [resample] of the tasks' means
  };
  using Key = std::pair<Subject, std::optional<Subject>>;

  void keep(const About& about, const ScoreMatrix& scores, const std::vector<double>& means) {
    Kept& kept = kept_[Key(about.of, about.against)];
    kept.tasks.push_back(scores);
    kept.sums.resize(means.size(), 0.0);
    std::ranges::transform(kept.sums, means, kept.sums.begin(), std::plus<>());
  }

  void add_over_tasks() {
    const auto add = [&](const About& about) {
      const auto found = kept_.find(Key(about.of, about.against));
      if (found == kept_.end()) return;
      Kept& kept = found->second;
      const auto tasks = static_cast<double>(kept.tasks.size());
      for (double& sum : kept.sums) sum /= tasks;
      double sum = 0;
      for (const ScoreMatrix& task : kept.tasks) sum += *task.mean();
      add_row(out_, about, sum / tasks, middle_interval(std::move(kept.sums), options_.level),
              about.against ? signed_ranks(kept.tasks) : Chance{}, kept.tasks);
    };
    for (const Subject of : all_subjects) add({over_tasks, of, std::nullopt});
    for (const Subject against : opponents) add({over_tasks, Subject::search, against});
  }

  const std::vector<std::map<Subject, Scores>> answers_;  ///< [task]
  const BootstrapOptions options_ = {};
  std::vector<std::size_t> whole_;
  std::map<Key, Kept> kept_;
  Statistics out_;
};

void choose_by_shots(Summary& s) {
  s.by_shots.assign(s.task.size(), -1);
  for (std::size_t t = 0; t < s.task.size(); ++t)
    if (const auto lowest = lowest_objective(s, t)) s.by_shots[t] = static_cast<std::int32_t>(*lowest);
}

void count_below_zero_shot(Summary& s) {
  const std::size_t replicates = s.seed.size();
  s.n_below_zero_shot.assign(s.task.size(), -1);
  s.most_below_zero_shot.assign(s.task.size(), unknown);
  for (std::size_t t = 0; t < s.task.size(); ++t) {
    const BelowZeroShot found = searches_below_zero_shot(std::span(s.accuracy).subspan(t * replicates, replicates),
                                                         std::span(s.accuracy_zero_shot).subspan(t, 1), 1, replicates);
    if (found.compared == 0) continue;
    s.n_below_zero_shot[t] = static_cast<std::int32_t>(found.below);
    if (found.deepest) s.most_below_zero_shot[t] = found.deepest->depth;
  }
}

}  // namespace

void add_statistics(SweepResults& results) {
  choose_by_shots(results.summary);
  count_below_zero_shot(results.summary);
  results.statistics = Rows(results).statistics();
}

}  // namespace lorasweep
