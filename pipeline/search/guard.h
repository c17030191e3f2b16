// SPDX-License-Identifier: Apache-2.0
// Whether what a search found may answer: a few examples are soon fitted too well, and what was recorded of each of
// them can tell, without a further evaluation.
#pragma once

#include "pipeline/search/objective.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <stdexcept>
#include <vector>

namespace lorasweep {

enum class Guard {
  none,           ///< what the search found answers
  leave_one_out,  ///< only if it would have been good at shots that it did not see
};

/// As configurations write it.
constexpr const char* name_of(Guard guard) {
  switch (guard) {
    case Guard::none: return "none";
    case Guard::leave_one_out: return "leave-one-out";
  }
  throw std::logic_error("a guard without a name");
}

/// Who answers. The codes are those of results files.
enum class GuardVerdict : std::int8_t { mixture = 0, base = 1, best_single = 2 };

constexpr const char* name_of(GuardVerdict verdict) {
  switch (verdict) {
    case GuardVerdict::mixture: return "mixture";
    case GuardVerdict::base: return "base";
    case GuardVerdict::best_single: return "best-single";
  }
  throw std::logic_error("a verdict without a name");
}

/// What is known of one composition.
struct Tried {
  std::span<const double> nll;  ///< of each shot, as in few_shot_loss()
  double regularizer = 0;       ///< what its objective has beside the loss
};

/// The loss that choosing among `tried` by all shots but one has on the one that was left out: for each shot, its nll
/// under the composition whose objective on the others is lowest (the first of equal ones; what is not finite there is
/// never chosen), all reduced as few_shot_loss() does. NaN if there is no choice for a shot. At least two shots.
double leave_one_out_loss(Reduction reduction, std::span<const Tried> tried,
                          std::span<const std::int32_t> target_tokens);

struct GuardLosses {
  static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  double mixture = unknown, base = unknown, best_single = unknown;
};

/// The mixture if its loss is finite and at most `ratio` times the base model's; else the base model or the best single
/// adapter, whichever has the lower loss, the base model on a tie or where the adapter's is not known.
GuardVerdict verdict(const GuardLosses& losses, double ratio);

struct Guarded {
  GuardVerdict verdict = GuardVerdict::mixture;
  GuardLosses losses;
};

/// `evaluations`: of the search, by step; the first is the base model. `singles`: adapters that were tried alone, in
/// the library's order; may be empty.
Guarded guard(Reduction reduction, double ratio, std::span<const Tried> evaluations, std::span<const Tried> singles,
              std::span<const std::int32_t> target_tokens);

}  // namespace lorasweep
