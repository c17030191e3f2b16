// SPDX-License-Identifier: Apache-2.0
// Asks stat(2).
#include "data/core/file_mark.h"

#include "data/core/error.h"

#include <sys/stat.h>

#include <cerrno>
#include <system_error>

namespace lorasweep {
namespace {

std::int64_t nanoseconds(const timespec& time) { return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; }

}  // namespace

FileMark mark_of(const std::filesystem::path& path) {
  struct stat status = {};
  if (stat(path.c_str(), &status) != 0)
    throw InputError(path.string(), "cannot be looked at: " + std::generic_category().message(errno),
                     "check the path and its permissions");
  return {.device = status.st_dev,
          .inode = status.st_ino,
          .size = static_cast<std::uint64_t>(status.st_size),
          .modified_ns = nanoseconds(status.st_mtim),
          .changed_ns = nanoseconds(status.st_ctim)};
}

}  // namespace lorasweep
