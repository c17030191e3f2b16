// SPDX-License-Identifier: Apache-2.0
// Who computed what, when and for how long, as a results file tells it.
#pragma once

#include "data/results/sweep_results.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace lorasweep {

/// What some units of work have in common, and their times.
struct WorkSum {
  std::size_t units = 0, again = 0;           ///< again: had been handed out before
  double seconds = 0;                         ///< of computing
  double first = INFINITY, last = -INFINITY;  ///< seconds since the epoch

  WorkSum& operator+=(const WorkSum& other);
};

struct WorkRow {
  std::int64_t run = 0;     ///< place of its journal
  std::string phase, unit;  ///< "search", "evaluation"
  std::int64_t worker = 0;  ///< of that run
  WorkSum sum;
};

/// /provenance/work; of a file that is older than that, or where it is damaged: the evaluations of searches alone.
std::vector<WorkRow> work_rows(const SweepResults& results);

}  // namespace lorasweep
