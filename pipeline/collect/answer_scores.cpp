// SPDX-License-Identifier: Apache-2.0
#include "pipeline/collect/answer_scores.h"

#include <algorithm>
#include <array>
#include <utility>

namespace lorasweep {
namespace {

constexpr std::int8_t missing = -1;
constexpr std::size_t subjects = static_cast<std::size_t>(last_subject) + 1;

ScoreMatrix matrix_of(const std::vector<const std::vector<std::int8_t>*>& rows) {
  std::vector<std::int8_t> values;
  for (const auto* row : rows) values.insert(values.end(), row->begin(), row->end());
  return ScoreMatrix::correctness(rows.size(), rows.front()->size(), std::move(values));
}

}  // namespace

AnswerScores::AnswerScores(const SweepResults& results)
    : tasks_(results.summary.task.size()), replicates_(results.summary.seed.size()) {
  const Predictions& p = results.predictions;
  std::array<std::vector<Replicates>, subjects> all;
  for (auto& of : all) of.resize(tasks_);
  for (std::size_t row = 0; row < p.of.size(); ++row) {
    const auto task = static_cast<std::size_t>(p.task_index[row]);
    const auto examples = static_cast<std::size_t>(std::max(results.summary.n_examples[task], 0));
    std::vector<std::int8_t>& correct = all.at(static_cast<std::size_t>(p.of[row]))[task][p.replicate[row]];
    correct.resize(examples, missing);
    if (std::cmp_less(p.example_index[row], examples) && p.example_index[row] >= 0)
      correct[static_cast<std::size_t>(p.example_index[row])] = p.correct_lorahub[row];
  }
  for (std::size_t of = 0; of < subjects; ++of) {
    bool any = false;
    for (Replicates& replicates : all[of]) {
      std::erase_if(replicates, [](const auto& entry) {
        return entry.second.empty() || std::ranges::find(entry.second, missing) != entry.second.end();
      });
      any = any || !replicates.empty();
    }
    if (any) scores_[static_cast<Subject>(of)] = std::move(all[of]);
  }
}

const AnswerScores::Replicates* AnswerScores::replicates_of(Subject of, std::size_t task) const {
  const auto found = scores_.find(of);
  return found == scores_.end() || found->second[task].empty() ? nullptr : &found->second[task];
}

std::optional<ScoreMatrix> AnswerScores::scores(Subject of, std::size_t task) const {
  const Replicates* replicates = replicates_of(of, task);
  if (replicates == nullptr) return std::nullopt;
  std::vector<const std::vector<std::int8_t>*> rows;
  for (const auto& [replicate, correct] : *replicates) rows.push_back(&correct);
  return matrix_of(rows);
}

std::optional<ScoreMatrix> AnswerScores::difference(Subject of, Subject against, std::size_t task) const {
  const Replicates *mine = replicates_of(of, task), *other = replicates_of(against, task);
  if (mine == nullptr || other == nullptr) return std::nullopt;
  std::vector<const std::vector<std::int8_t>*> my_rows, other_rows;
  for (const auto& [replicate, correct] : *mine) {
    const auto beside = is_of_a_search(against) ? other->find(replicate) : other->begin();
    if (beside == other->end()) continue;
    my_rows.push_back(&correct);
    other_rows.push_back(&beside->second);
  }
  if (my_rows.empty()) return std::nullopt;
  return ScoreMatrix::difference(matrix_of(my_rows), matrix_of(other_rows));
}

bool AnswerScores::is_whole(Subject of, std::size_t task) const {
  const Replicates* replicates = replicates_of(of, task);
  return replicates != nullptr && replicates->size() == (is_of_a_search(of) ? replicates_ : 1);
}

}  // namespace lorasweep
