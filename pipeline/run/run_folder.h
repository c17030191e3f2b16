// SPDX-License-Identifier: Apache-2.0
// The directory of a run, in the hands of the one process that writes its journal.
#pragma once

#include <filesystem>
#include <string_view>

namespace lorasweep {

/// Can results be put there at the end? StorageError if not: said before anything is computed.
void require_room_for_results(const std::filesystem::path& run);

/// Makes the directory this run's own, once the journal's lock is held and before anything is appended: a COMPLETE of
/// another run, or of more than the journal holds (`finished` is false), is taken away, and so are temporary files of
/// processes that are no more. StorageError if a COMPLETE cannot be taken away.
void take_over(const std::filesystem::path& run, std::string_view run_uuid, bool finished);

}  // namespace lorasweep
