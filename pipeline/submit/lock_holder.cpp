// SPDX-License-Identifier: Apache-2.0
// Looks the file up in the kernel's list of locks.
#include "pipeline/submit/lock_holder.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <fstream>
#include <sstream>
#include <string>

namespace lorasweep {

std::optional<std::int64_t> lock_holder(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  const std::string place = fmt::format("{:02x}:{:02x}:{}", major(status.st_dev), minor(status.st_dev), status.st_ino);
  std::ifstream locks("/proc/locks");
  // "7: FLOCK  ADVISORY  WRITE 4711 08:02:131 0 EOF"
  for (std::string line; std::getline(locks, line);) {
    std::istringstream fields(line);
    std::string number, kind, strictness, access, file;
    std::int64_t process = 0;
    fields >> number >> kind >> strictness >> access >> process >> file;
    if (fields && kind == "FLOCK" && access == "WRITE" && file == place && process > 0) return process;
  }
  return std::nullopt;
}

}  // namespace lorasweep
