// SPDX-License-Identifier: Apache-2.0
// A launcher that starts several processes which do not find each other: each would take itself for the whole job.
#pragma once

#include <optional>
#include <string>

namespace lorasweep {

/// What a launcher told this process: it is one of so many.
struct LaunchedTask {
  std::string variable;  ///< that says so
  long tasks = 0;        ///< more than 1
};

/// Nothing where this is the only task, nobody says so, or Open MPI's mpirun started it: that one's processes find each
/// other in whatever step it stands. To be asked before MPI is started, which changes the variables.
std::optional<LaunchedTask> task_of_several();

/// ConfigError: the process found no other.
[[noreturn]] void refuse_lone_task(const LaunchedTask& task);

}  // namespace lorasweep
