// SPDX-License-Identifier: Apache-2.0
// Checks and cleans the directory of a run, for the one process that writes its journal.
#pragma once

#include <filesystem>
#include <string_view>

namespace lorasweep {

/// Checks, before anything is computed, that results can be written there at the end. StorageError if not.
void require_room_for_results(const std::filesystem::path& run);

/// Makes the directory this run's own, once the journal's lock is held and before anything is appended: a COMPLETE of
/// another run, or of more than the journal holds (`finished` is false), is removed, and so are temporary files of
/// processes that have ended. StorageError if a COMPLETE cannot be removed.
void take_over(const std::filesystem::path& run, std::string_view run_uuid, bool finished);

}  // namespace lorasweep
