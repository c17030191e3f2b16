// SPDX-License-Identifier: Apache-2.0
// Limits of CPU time that control groups set: a process may be allowed 64 cores, and the time of two.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace lorasweep {

/// A control group that a process is in, and that has such a limit. What is in it together shares the time.
struct CoreTime {
  std::uint64_t group = 0;  ///< the group's number on this machine (its directory's inode)
  double cores = 0;         ///< as many seconds of CPU time a second; 0.5 is half a core
  bool operator==(const CoreTime&) const = default;
};

/// All that this process is under, of the two versions of control groups; empty: none, or the system does not say.
/// `root` is where proc/ and the paths that it names are looked for.
std::vector<CoreTime> core_times(const std::filesystem::path& root = "/");

}  // namespace lorasweep
