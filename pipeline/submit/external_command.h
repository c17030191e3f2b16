// SPDX-License-Identifier: Apache-2.0
// Runs another program to its end, at the latest after a time limit, and returns what it wrote.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace lorasweep {

struct CommandResult {
  int status = 0;  ///< exit code; 127: there is no such program; 124: it was too slow; 128 + n: killed by signal n
  std::string out, err;
};

/// No shell takes part. stdin is empty; at most 16 MiB of each stream are kept. `environment`: "NAME=value"s instead of
/// this process's. StorageError if no process can be made.
CommandResult run_command(const std::vector<std::string>& words,
                          std::chrono::seconds at_most = std::chrono::seconds(60),
                          const std::optional<std::vector<std::string>>& environment = std::nullopt);

}  // namespace lorasweep
