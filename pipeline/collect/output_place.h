// SPDX-License-Identifier: Apache-2.0
// Where a file that a user named is written.
#pragma once

#include <filesystem>

namespace lorasweep {

/// What the name leads to: links are followed, so that an atomic write replaces their target and not the links. It is a
/// regular file, or does not exist yet. ConfigError for links that lead back to themselves and for what is not a file:
/// a directory, a pipe, a device.
std::filesystem::path output_place(const std::filesystem::path& named);

}  // namespace lorasweep
