// SPDX-License-Identifier: Apache-2.0
// Sorts answers into their places, and leaves out sets with a gap: a share of some answers would mislead.
#include "pipeline/collect/scores.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <tuple>
#include <utility>

namespace lorasweep {
namespace {

constexpr std::int8_t no_answer = -1;

// (task, of, replicate) to [example] 0, 1 or no_answer.
using Sets = std::map<std::tuple<std::int32_t, std::int8_t, std::int32_t>, std::vector<std::int8_t>>;

Sets sets_of(const SweepResults& results, Scoring scoring) {
  const Predictions& p = results.predictions;
  const auto& correct = scoring == Scoring::lorahub ? p.correct_lorahub : p.correct_lmeval;
  Sets sets;
  for (std::size_t row = 0; row < p.of.size(); ++row) {
    auto& set = sets[{p.task_index[row], p.of[row], std::max(p.replicate[row], 0)}];
    set.resize(results.summary.n_examples[p.task_index[row]], no_answer);
    set.at(p.example_index[row]) = correct[row];
  }
  return sets;
}

bool has_no_gap(const std::vector<std::int8_t>& set) {
  return !set.empty() && std::ranges::find(set, no_answer) == set.end();
}

}  // namespace

std::vector<std::map<Subject, Scores>> scores_of(const SweepResults& results, Scoring scoring) {
  struct Gathered {
    std::vector<std::size_t> replicates;
    std::vector<std::int8_t> values;
  };
  std::vector<std::map<Subject, Gathered>> gathered(results.summary.task.size());
  for (const auto& [place, set] : sets_of(results, scoring)) {
    const auto& [task, of, replicate] = place;
    if (!has_no_gap(set)) continue;
    Gathered& to = gathered[task][static_cast<Subject>(of)];
    to.replicates.push_back(replicate);
    to.values.insert(to.values.end(), set.begin(), set.end());
  }
  std::vector<std::map<Subject, Scores>> scores(gathered.size());
  for (std::size_t t = 0; t < gathered.size(); ++t)
    for (auto& [subject, from] : gathered[t]) {
      const std::size_t examples = results.summary.n_examples[t];
      ScoreMatrix matrix = ScoreMatrix::correctness(from.replicates.size(), examples, std::move(from.values));
      scores[t].emplace(subject, Scores{std::move(from.replicates), std::move(matrix)});
    }
  return scores;
}

ScoreMatrix of_replicates(const Scores& scores, const std::vector<std::size_t>& replicates) {
  std::vector<std::int8_t> values;
  for (const std::size_t r : replicates) {
    const auto place = std::ranges::find(scores.replicates, r) - scores.replicates.begin();
    std::ranges::copy(scores.matrix.replicate(place), std::back_inserter(values));
  }
  return ScoreMatrix::correctness(replicates.size(), scores.matrix.examples(), std::move(values));
}

std::optional<ScoreMatrix> difference_of(const std::map<Subject, Scores>& task, Subject of, Subject against) {
  const auto mine = task.find(of), other = task.find(against);
  if (mine == task.end() || other == task.end()) return std::nullopt;
  if (!is_of_a_search(against)) return ScoreMatrix::difference(mine->second.matrix, other->second.matrix);
  std::vector<std::size_t> common;
  std::ranges::set_intersection(mine->second.replicates, other->second.replicates, std::back_inserter(common));
  if (common.empty()) return std::nullopt;
  return ScoreMatrix::difference(of_replicates(mine->second, common), of_replicates(other->second, common));
}

bool is_whole(const std::map<Subject, Scores>& task, Subject of, std::size_t replicates) {
  const auto found = task.find(of);
  return found != task.end() && (!is_of_a_search(of) || found->second.replicates.size() == replicates);
}

std::optional<std::size_t> lowest_objective(const Summary& summary, std::size_t task) {
  const std::size_t replicates = summary.seed.size();
  std::optional<std::size_t> lowest;
  for (std::size_t r = 0; r < replicates; ++r) {
    const double value = summary.best_objective[task * replicates + r];
    if (std::isfinite(value) && (!lowest || value < summary.best_objective[task * replicates + *lowest])) lowest = r;
  }
  return lowest;
}

}  // namespace lorasweep
