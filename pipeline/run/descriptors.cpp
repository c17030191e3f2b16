// SPDX-License-Identifier: Apache-2.0
// Raises the limit of open files, and checks that it suffices.
#include "pipeline/run/descriptors.h"

#include "data/core/error.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <filesystem>
#include <iterator>
#include <system_error>

namespace lorasweep {
namespace {

// What else is opened meanwhile: the journal, results.h5 and its directory, workers' pipes and sockets.
constexpr std::size_t for_everything_else = 16;

std::size_t open_now(std::size_t limit) {
  std::error_code error;
  const std::filesystem::directory_iterator files("/proc/self/fd", error);
  if (error == std::errc::too_many_files_open) return limit;
  return error ? 0 : std::distance(files, std::filesystem::directory_iterator());
}

}  // namespace

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);  // if that is refused, the limit stays
}

void require_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return;
  const std::size_t needed = open_now(limit.rlim_cur) + for_everything_else;
  if (needed > limit.rlim_cur)
    throw StorageError(
        "ulimit -n", fmt::format("this process may hold {} files open, and the sweep needs {}", limit.rlim_cur, needed),
        fmt::format("raise the limit: ulimit -n {}", needed));
}

}  // namespace lorasweep
