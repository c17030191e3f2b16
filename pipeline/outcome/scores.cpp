// SPDX-License-Identifier: Apache-2.0
// Sorts answers into their places, and leaves out sets with a gap: a share of some answers would mislead.
#include "pipeline/outcome/scores.h"

#include <algorithm>
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

bool is_whole(const std::vector<std::int8_t>& set) {
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
    if (!is_whole(set)) continue;
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

std::vector<std::size_t> common_replicates(const Scores& one, const Scores& other) {
  std::vector<std::size_t> common;
  std::ranges::set_intersection(one.replicates, other.replicates, std::back_inserter(common));
  return common;
}

}  // namespace lorasweep
