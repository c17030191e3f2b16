// SPDX-License-Identifier: Apache-2.0
// What lies where inputs were looked for and is none, or is one a second time.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace lorasweep {

struct PassedOver {
  std::filesystem::path path;
  std::string reason;  ///< goes on behind the path: "is hidden"
};

/// Whether it is of no interest to anybody who asks what was passed over: what version control, editors and downloads
/// leave behind, and texts for people.
inline bool is_by_the_way(const std::filesystem::path& path) {
  const std::string name = path.filename().string(), extension = path.extension().string();
  for (const char* begin : {".", "README", "LICENSE", "NOTICE", "__pycache__"})
    if (name.starts_with(begin)) return true;
  for (const char* end : {".md", ".rst", ".py", ".sh", ".lock", ".html"})
    if (extension == end) return true;
  return false;
}

}  // namespace lorasweep
