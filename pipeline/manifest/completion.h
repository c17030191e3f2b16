// SPDX-License-Identifier: Apache-2.0
// COMPLETE: what it says, and when a run may be called complete.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace lorasweep {

/// Is there a COMPLETE in `run`, and is it that of the run with this number?
bool completion_names(const std::filesystem::path& run, std::string_view run_uuid);

/// What a run whose journal is finished lacks to be complete: its own results.h5 and its own COMPLETE. "results.h5 is
/// missing"; empty: nothing. Opens results.h5, so a process that must survive a hostile file does not ask.
std::string missing_to_complete(const std::filesystem::path& run, std::string_view run_uuid);

}  // namespace lorasweep
