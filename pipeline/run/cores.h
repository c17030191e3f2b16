// SPDX-License-Identifier: Apache-2.0
// Whether the threads that compute have cores to compute on.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace lorasweep {

/// The cores that this process may use, by the system's numbers: what taskset, a launcher's binding, SLURM or a
/// container left it. Empty: the system does not say.
std::vector<std::int32_t> allowed_cores();

/// A worker over MPI.
struct RankCores {
  std::string host;
  int rank = 0;
  int threads = 1;
  std::vector<std::int32_t> cores;  ///< allowed; empty: not known
};

/// A machine on which threads wait for each other.
struct CrowdedHost {
  std::string host;
  std::vector<int> ranks;           ///< whose threads do
  int threads = 0;                  ///< all of theirs
  std::vector<std::int32_t> cores;  ///< all that they may use, ascending
};

/// A rank's threads are crowded if it has more of them than cores, or if it and those that it shares cores with have.
std::vector<CrowdedHost> crowded_hosts(std::span<const RankCores> ranks);

/// One line that names ranks, threads, cores and what to do; empty: no host is crowded.
std::string crowded_ranks_text(std::span<const RankCores> ranks);
/// The same for the workers of one process, which all may use the same cores.
std::string crowded_process_text(int workers, int threads, const std::vector<std::int32_t>& cores);

}  // namespace lorasweep
