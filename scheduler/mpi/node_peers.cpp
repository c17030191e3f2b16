// SPDX-License-Identifier: Apache-2.0
// Linux says in /proc/PID/stat whether a process is stopped, and when it was started.
#include "scheduler/mpi/node_peers.h"

#include "scheduler/mpi/mpi_call.h"

#include <signal.h>
#include <unistd.h>

#include <cstddef>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

namespace lorasweep {
namespace {

struct ProcessState {
  char letter = '?';
  std::uint64_t started = 0;
};

// "4711 (a name) T ...": the name may hold anything, parentheses too. `started` is the 22nd field.
std::optional<ProcessState> state_of(std::int64_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(line.substr(name_end + 1));
  ProcessState state;
  fields >> state.letter;
  std::string skipped;
  for (int field = 4; field < 22; ++field) fields >> skipped;
  if (!(fields >> state.started)) return std::nullopt;
  return state;
}

}  // namespace

ProcessId own_process_id() {
  const std::int64_t pid = getpid();
  const auto state = state_of(pid);
  return {.pid = pid, .started = state ? state->started : 0};
}

bool end_if_stopped(const ProcessId& process) {
  const auto state = state_of(process.pid);
  if (!state || process.started == 0 || state->started != process.started || state->letter != 'T') return false;
  return kill(static_cast<pid_t>(process.pid), SIGKILL) == 0;
}

std::vector<ProcessId> other_processes_on_node() {
  MPI_Comm node = MPI_COMM_NULL;
  check_mpi(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node), "MPI_Comm_split_type");
  int size = 0, rank = 0;
  check_mpi(MPI_Comm_size(node, &size), "MPI_Comm_size");
  check_mpi(MPI_Comm_rank(node, &rank), "MPI_Comm_rank");
  std::vector<ProcessId> all(static_cast<std::size_t>(size));
  const ProcessId own = own_process_id();
  check_mpi(MPI_Allgather(&own, sizeof own, MPI_BYTE, all.data(), sizeof own, MPI_BYTE, node), "MPI_Allgather");
  MPI_Comm_free(&node);
  all.erase(all.begin() + rank);
  return all;
}

}  // namespace lorasweep
