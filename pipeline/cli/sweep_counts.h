// SPDX-License-Identifier: Apache-2.0
// The numbers that people and programs are told of a planned sweep.
#pragma once

#include "pipeline/config/config.h"
#include "pipeline/plan/inputs.h"
#include "pipeline/plan/plan.h"

#include <cstddef>
#include <optional>

namespace lorasweep {

/// What a budget pays for, and what is beside it.
struct EvaluationCounts {
  std::size_t each = 0;      ///< of a search
  std::size_t searches = 0;  ///< of all searches together
  std::size_t screened = 0;  ///< adapters alone, where that is how they are chosen
  std::size_t beside = 0;    ///< for comparisons, outside the budget
};

EvaluationCounts count_evaluations(const RunConfig& config, std::size_t library, const Plan& plan);

/// Of searches, the base model and controls.
std::size_t count_answers(const Plan& plan);
std::size_t count_test_examples(const Plan& plan);

/// Adapters of a search (with several rounds: of all of them); nothing where the file of the given method says it.
std::optional<std::size_t> adapters_per_search(const RunConfig& config, const SweepInputs& inputs);

struct LeastAndMost {
  std::size_t least = 0, most = 0;
};
/// Of the library, which must not be empty.
LeastAndMost ranks_of(const SweepInputs& inputs);
/// The dimensions of the searches; nothing if there is no search.
std::optional<LeastAndMost> numbers_per_search(const Plan& plan);

}  // namespace lorasweep
