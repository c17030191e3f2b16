// SPDX-License-Identifier: Apache-2.0
// Who holds the lock on a file, without touching the lock.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace lorasweep {

/// The process of this machine that holds an exclusive flock on `path`, as far as the kernel shows it: nothing for a
/// process in another container, and on file systems that give their files other numbers than they show.
std::optional<std::int64_t> lock_holder(const std::filesystem::path& path);

}  // namespace lorasweep
