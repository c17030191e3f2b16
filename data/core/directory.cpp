// SPDX-License-Identifier: Apache-2.0
// Makes directories one by one, each synced before the next.
#include "data/core/directory.h"

#include "data/core/error.h"
#include "data/core/file_calls.h"

#include <fcntl.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <vector>

namespace lorasweep {
namespace {

namespace fs = std::filesystem;

constexpr const char* remedy = "check space, quota and permissions there";

[[noreturn]] void fail(const fs::path& path, const char* what, int error) {
  throw StorageError(path.string(), std::string(what) + ": " + std::system_category().message(error), remedy);
}

fs::path parent_of(const fs::path& name) { return name.has_parent_path() ? name.parent_path() : "."; }

// 0 or what went wrong
int sync_directory(const fs::path& directory) {
  FileCalls& calls = file_calls();
  const int descriptor = calls.open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  if (descriptor < 0) return errno;
  const int error = calls.fsync(descriptor) == 0 ? 0 : errno;
  return calls.close(descriptor) == 0 || error != 0 ? error : errno;
}

}  // namespace

void sync_directory_of(const fs::path& file) {
  if (const int error = sync_directory(parent_of(file)); error != 0) fail(parent_of(file), "cannot be synced", error);
}

void make_directories(const fs::path& directory) {
  std::vector<fs::path> missing;
  fs::path there = fs::absolute(directory).lexically_normal();
  if (!there.has_filename()) there = there.parent_path();  // "run/"
  std::error_code error;
  while (!fs::is_directory(there, error) && there.has_relative_path()) {
    missing.push_back(there);
    there = there.parent_path();
  }
  const int unsynced = sync_directory(parent_of(there));
  if (unsynced == EIO || unsynced == ENOSPC || unsynced == EDQUOT) fail(parent_of(there), "cannot be synced", unsynced);
  for (; !missing.empty(); missing.pop_back()) {
    const fs::path& next = missing.back();
    if (file_calls().mkdir(next.c_str(), 0777) != 0 && errno != EEXIST) fail(next, "cannot be made", errno);
    sync_directory_of(next);
  }
  if (!fs::is_directory(directory, error)) fail(directory, "cannot be made", error ? error.value() : ENOTDIR);
}

}  // namespace lorasweep
