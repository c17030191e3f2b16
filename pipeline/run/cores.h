// SPDX-License-Identifier: Apache-2.0
// Whether the threads that compute have cores to compute on.
#pragma once

#include "pipeline/run/core_time.h"

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
  std::vector<std::int32_t> cores;   ///< allowed; empty: not known
  std::vector<CoreTime> times = {};  ///< what limits its CPU time
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

/// One line that names, of each host, the ranks whose threads get less CPU time than a core each from a control group
/// that they share; empty: none do.
std::string scarce_time_text(std::span<const RankCores> ranks);
/// The same for the workers of one process.
std::string scarce_process_text(int workers, int threads, std::span<const CoreTime> times);

/// As many threads as can compute at once: the cores, or the whole cores' time where that is less. At least 1.
int useful_threads(const std::vector<std::int32_t>& cores, std::span<const CoreTime> times);

}  // namespace lorasweep
