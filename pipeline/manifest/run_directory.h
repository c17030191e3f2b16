// SPDX-License-Identifier: Apache-2.0
// What lies where in the directory of a run.
#pragma once

#include <filesystem>
#include <string>

namespace lorasweep {

inline std::filesystem::path journal_path(const std::filesystem::path& run) { return run / "journal"; }
inline std::filesystem::path results_path(const std::filesystem::path& run) { return run / "results.h5"; }
/// Written last: the sweep is finished and its results are on disk. Job scripts look for it.
inline std::filesystem::path completion_marker(const std::filesystem::path& run) { return run / "COMPLETE"; }

/// "2026-01-31T12:00:00Z"
std::string utc_now();

}  // namespace lorasweep
