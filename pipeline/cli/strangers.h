// SPDX-License-Identifier: Apache-2.0
// Several files that may be anybody's, for a command that already runs in a process of its own for the first of them.
#pragma once

#include "data/core/error.h"

#include <filesystem>
#include <optional>
#include <vector>

namespace lorasweep {

/// Reads each file but the first in a process of its own, so that one that makes the library crash is named. What that
/// process has to say is on stderr then; its exit code is returned, nothing if all can be read.
std::optional<ExitCode> first_unreadable_of_others(const std::vector<std::filesystem::path>& files);

}  // namespace lorasweep
