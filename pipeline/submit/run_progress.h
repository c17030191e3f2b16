// SPDX-License-Identifier: Apache-2.0
// How far a run is, from its journal and what lies beside it: no process of the run needs to be alive, and none is
// disturbed.
#pragma once

#include <cstddef>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace lorasweep {

struct TaskProgress {
  std::string name;
  std::size_t evaluations = 0, evaluations_total = 0;               ///< of its searches and trials
  std::size_t answers = 0, answers_total = 0;                       ///< of whoever answers
  double best_objective = std::numeric_limits<double>::infinity();  ///< of its searches; infinite: none yet
};

struct RunProgress {
  std::string state;    ///< "not started" | "unfinished" | "complete"
  std::string missing;  ///< where all is computed, but the run is unfinished: "COMPLETE is missing"
  std::size_t evaluations = 0, evaluations_total = 0;
  std::size_t answers = 0, answers_total = 0;
  std::size_t failures = 0;
  std::size_t sessions = 0;         ///< how often it was started or continued
  std::vector<TaskProgress> tasks;  ///< as the sweep has them
  /// Seconds since the epoch, by the clock of the machine that scheduled; nothing: no result is there.
  std::optional<double> last_record_utc;
  /// In the minute before the last record, of the last session.
  std::optional<double> evaluations_per_second, answers_per_second;
};

/// InputError if the journal is damaged. A run is complete where its journal is finished, and results.h5 and COMPLETE
/// are its own.
RunProgress run_progress(const std::filesystem::path& run);

}  // namespace lorasweep
