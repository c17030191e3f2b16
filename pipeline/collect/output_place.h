// SPDX-License-Identifier: Apache-2.0
// Where a file that a user named is written.
#pragma once

#include <filesystem>

namespace lorasweep {

/// What the name leads to: links are followed, so that writing beside and renaming replaces what they lead to and not
/// them. It is a regular file, or there is nothing yet. ConfigError for links in a circle and for what is no file: a
/// directory, a pipe, a device.
std::filesystem::path output_place(const std::filesystem::path& named);

}  // namespace lorasweep
