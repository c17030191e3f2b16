// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/reading_time.h"

#include <algorithm>
#include <cstdint>
#include <system_error>

namespace lorasweep {

ReadingTime::ReadingTime(const std::filesystem::path& file) {
  rusage used{};
  if (getrlimit(RLIMIT_CPU, &before_) != 0 || getrusage(RUSAGE_SELF, &used) != 0) return;
  std::error_code no_size;
  const std::uintmax_t bytes = std::filesystem::file_size(file, no_size);
  const rlim_t so_far = static_cast<rlim_t>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + 1;
  rlimit now = before_;
  now.rlim_cur = std::min<rlim_t>(before_.rlim_cur, so_far + 10 + (no_size ? 0 : bytes >> 22));
  setrlimit(RLIMIT_CPU, &now);
}

ReadingTime::~ReadingTime() { setrlimit(RLIMIT_CPU, &before_); }

}  // namespace lorasweep
