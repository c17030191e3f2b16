// SPDX-License-Identifier: Apache-2.0
// Whether a file is still the one that was read before, without reading it again.
#pragma once

#include <cstdint>
#include <filesystem>

namespace lorasweep {

/// Which file lies at a path, and when its content and its state were last changed. Equal marks: nobody replaced it or
/// wrote to it in between, unless within the file system's clock tick.
struct FileMark {
  std::uint64_t device = 0, inode = 0, size = 0;
  std::int64_t modified_ns = 0, changed_ns = 0;
  bool operator==(const FileMark&) const = default;
};

/// InputError if there is nothing at `path`.
FileMark mark_of(const std::filesystem::path& path);

}  // namespace lorasweep
