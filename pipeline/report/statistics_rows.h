// SPDX-License-Identifier: Apache-2.0
// Rows of the statistics, found by what they are of.
#pragma once

#include "data/journal/subject.h"
#include "data/results/sweep_results.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace lorasweep {

/// `task`: index into the summary's; -1: over tasks.
inline std::optional<std::size_t> statistics_row(const Statistics& s, std::int32_t task, Subject of,
                                                 std::optional<Subject> against = std::nullopt) {
  const auto opponent = static_cast<std::int8_t>(against ? 1 + static_cast<int>(*against) : 0);
  for (std::size_t row = 0; row < s.of.size(); ++row)
    if (s.task_index[row] == task && s.of[row] == static_cast<std::int8_t>(of) && s.against[row] == opponent)
      return row;
  return std::nullopt;
}

/// What p says of a difference at the usual level: '+' better, '-' worse, '=' it could be chance; ' ' was not tested.
inline char verdict_on(const Statistics& s, std::optional<std::size_t> row) {
  constexpr double level = 0.05;
  if (!row || std::isnan(s.p_adjusted[*row])) return ' ';
  if (s.p_adjusted[*row] > level) return '=';
  return s.estimate[*row] > 0 ? '+' : '-';
}

}  // namespace lorasweep
