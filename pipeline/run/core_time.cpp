// SPDX-License-Identifier: Apache-2.0
// Finds the process's groups in /proc/self, and walks from each to the top of what is mounted: every level may limit.
#include "pipeline/run/core_time.h"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

namespace lorasweep {
namespace {

namespace fs = std::filesystem;

bool is_in_list(std::string_view word, std::string_view list) {
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    if (list.substr(begin, end - begin) == word) return true;
    begin = end + 1;
  }
  return false;
}

// The kernel writes blanks and backslashes of paths as three octal digits.
std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned code = 0;
    if (text[i] == '\\' && text.size() - i > 3 &&
        std::from_chars(&text[i] + 1, &text[i] + 4, code, 8).ptr == &text[i] + 4) {
      plain += static_cast<char>(code);
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

// Where a hierarchy of groups can be seen. Inside a container `shown` may be the container's own group.
struct Mount {
  bool is_unified = false;  ///< version 2
  fs::path shown, at;
};

// proc(5): number, parent, device, root, mount point, options, optional fields, "-", type, source, options.
std::vector<Mount> mounts_of(const fs::path& file) {
  std::vector<Mount> mounts;
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string skipped, shown, at, word, type, source, options;
    words >> skipped >> skipped >> skipped >> shown >> at;
    while (words >> word && word != "-") {
    }
    words >> type >> source >> options;
    if (type == "cgroup2" || (type == "cgroup" && is_in_list("cpu", options)))
      mounts.push_back({type == "cgroup2", unescaped(shown), unescaped(at)});
  }
  return mounts;
}

// The process's group in the hierarchy, as a path of it: "number:controllers:path", of version 2 "0::path".
std::optional<fs::path> group_of(const fs::path& file, bool is_unified) {
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string_view controllers = std::string_view(line).substr(first + 1, second - first - 1);
    if (is_unified ? controllers.empty() : is_in_list("cpu", controllers)) return line.substr(second + 1);
  }
  return std::nullopt;
}

double number_in(const fs::path& file) {
  double number = 0;
  std::ifstream(file) >> number;
  return number;
}

// "50000 100000", of each period so much; "max 100000" is no limit.
std::optional<double> limit_of(const fs::path& directory, bool is_unified) {
  double quota = 0, period = 0;
  if (is_unified) {
    std::ifstream(directory / "cpu.max") >> quota >> period;
  } else {
    quota = number_in(directory / "cpu.cfs_quota_us");  // -1: none
    period = number_in(directory / "cpu.cfs_period_us");
  }
  return quota > 0 && period > 0 ? std::optional(quota / period) : std::nullopt;
}

}  // namespace

std::vector<CoreTime> core_times(const fs::path& root) {
  const fs::path self = root / "proc/self";
  std::vector<CoreTime> found;
  for (const Mount& mount : mounts_of(self / "mountinfo")) {
    const std::optional<fs::path> group = group_of(self / "cgroup", mount.is_unified);
    if (!group) continue;
    fs::path below = group->lexically_relative(mount.shown);
    if (below.empty() || *below.begin() == "..") below = ".";  // the mount shows the process's own group, or nothing
    for (below = below.lexically_normal();; below = below.parent_path()) {
      const fs::path directory = root / mount.at.relative_path() / below;
      struct stat status = {};
      if (const auto cores = limit_of(directory, mount.is_unified); cores && stat(directory.c_str(), &status) == 0)
        if (std::ranges::count(found, status.st_ino, &CoreTime::group) == 0) found.push_back({status.st_ino, *cores});
      if (below.empty() || below == ".") break;
    }
  }
  return found;
}

}  // namespace lorasweep
