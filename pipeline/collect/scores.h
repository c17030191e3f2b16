// SPDX-License-Identifier: Apache-2.0
// From the answers of a results file to matrices of right and wrong.
#pragma once

#include "data/journal/subject.h"
#include "data/results/sweep_results.h"
#include "pipeline/statistics/score_matrix.h"

#include <cstddef>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

namespace lorasweep {

/// What counts as right.
enum class Scoring {
  lorahub,  ///< LoraHub's own rule
  lmeval,   ///< exact match, ignoring case and punctuation
};

constexpr const char* name_of(Scoring scoring) { return scoring == Scoring::lorahub ? "lorahub" : "lmeval"; }

/// The answers of one way to one task: of the replicates whose answers are all there.
struct Scores {
  std::vector<std::size_t> replicates;  ///< of the sweep, ascending; {0} of what has none
  ScoreMatrix matrix;                   ///< [replicates, examples of the task]
};

/// [task] the ways that have at least one whole set of answers.
std::vector<std::map<Subject, Scores>> scores_of(const SweepResults& results, Scoring scoring);

/// The matrix of these replicates alone, all of which `scores` has.
ScoreMatrix of_replicates(const Scores& scores, const std::vector<std::size_t>& replicates);

/// Answer by answer `of` minus `against` in one task, over the replicates that both have (all of `of`, if `against` is
/// the base model). Nothing if there are none.
std::optional<ScoreMatrix> difference_of(const std::map<Subject, Scores>& task, Subject of, Subject against);

/// Whether all replicates of `of` are there, of which there are so many; of the base model one.
bool is_whole(const std::map<Subject, Scores>& task, Subject of, std::size_t replicates);

/// The replicate whose search got the lowest objective on the shots; the first of equals. Nothing if none has one.
std::optional<std::size_t> lowest_objective(const Summary& summary, std::size_t task);

}  // namespace lorasweep
