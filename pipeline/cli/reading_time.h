// SPDX-License-Identifier: Apache-2.0
// How long a stranger's HDF5 file may be read: HDF5 1.10 reads some damaged files for ever.
#pragma once

#include <sys/resource.h>

#include <filesystem>

namespace lorasweep {

/// While it lives, this process ends by SIGXCPU (one of crash_signals, own_process.h) when it has used 10 seconds of
/// processor time more, and one for each 4 MiB of `file`: many times what a sound file needs.
class ReadingTime {
 public:
  explicit ReadingTime(const std::filesystem::path& file);
  ~ReadingTime();
  ReadingTime(const ReadingTime&) = delete;
  ReadingTime& operator=(const ReadingTime&) = delete;

 private:
  rlimit before_{RLIM_INFINITY, RLIM_INFINITY};
};

}  // namespace lorasweep
