// SPDX-License-Identifier: Apache-2.0
// The processes of this job on this node, for ending those of them that are stopped.
#pragma once

#include <cstdint>
#include <vector>

namespace lorasweep {

/// A process by what no later one shares: its number alone is used again.
struct ProcessId {
  std::int64_t pid = 0;
  std::uint64_t started = 0;  ///< in ticks since the machine's start; 0: unknown
};

ProcessId own_process_id();

/// Ends the process by SIGKILL if it is stopped (SIGSTOP, SIGTSTP), not where it runs, sleeps, or a debugger holds it.
/// A stopped process takes no other signal; left alone it would keep its launcher waiting for ever. True if it was
/// ended.
bool end_if_stopped(const ProcessId& process);

/// The others of this job on this node. Collective over all ranks.
std::vector<ProcessId> other_processes_on_node();

}  // namespace lorasweep
