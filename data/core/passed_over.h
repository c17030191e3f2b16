// SPDX-License-Identifier: Apache-2.0
// A path that a search for inputs met and did not take: it is not an input, or it is one that was found before.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace lorasweep {

struct PassedOver {
  std::filesystem::path path;
  std::string reason;  ///< follows the path in a message: "is hidden"
};

/// Whether `path` need not be reported when it is passed over: what version control, editors and downloads leave
/// behind, and texts for people.
inline bool needs_no_report(const std::filesystem::path& path) {
  const std::string name = path.filename().string(), extension = path.extension().string();
  for (const char* begin : {".", "README", "LICENSE", "NOTICE", "__pycache__"})
    if (name.starts_with(begin)) return true;
  for (const char* end : {".md", ".rst", ".py", ".sh", ".lock", ".html"})
    if (extension == end) return true;
  return false;
}

}  // namespace lorasweep
