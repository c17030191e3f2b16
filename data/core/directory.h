// SPDX-License-Identifier: Apache-2.0
// Directories whose names outlive a power failure.
#pragma once

#include <filesystem>

namespace lorasweep {

/// Makes what is missing of `directory`, from the top down, and makes each new name durable before the next one is
/// made. A name that is there already may be what a process that was killed had just made, so the lowest one is synced,
/// too, where its parent can be opened. StorageError naming the directory that failed.
void make_directories(const std::filesystem::path& directory);

/// Makes the name of `file` durable. StorageError.
void sync_directory_of(const std::filesystem::path& file);

}  // namespace lorasweep
