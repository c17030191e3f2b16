// SPDX-License-Identifier: Apache-2.0
// How far a run is, from its journal and what lies beside it: no process of the run needs to be alive, and none is
// disturbed.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace lorasweep {

struct RunProgress {
  std::string state;    ///< "not started" | "unfinished" | "complete"
  std::string missing;  ///< where all is computed, but the run is unfinished: "COMPLETE is missing"
  std::size_t evaluations = 0, evaluations_total = 0;
  std::size_t answers = 0, answers_total = 0;
  std::size_t failures = 0;
  std::size_t sessions = 0;  ///< how often it was started or continued
};

/// InputError if the journal is damaged. A run is complete where its journal is finished, and results.h5 and COMPLETE
/// are its own.
RunProgress run_progress(const std::filesystem::path& run);

}  // namespace lorasweep
