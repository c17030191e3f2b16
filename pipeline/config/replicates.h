// SPDX-License-Identifier: Apache-2.0
// The searches of a task: which seed and which draw of shots each has.
#pragma once

#include "pipeline/config/config.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace lorasweep {

struct Replicate {
  std::uint32_t seed = 0;       ///< of search.seeds
  std::uint32_t shot_seed = 0;  ///< of tasks.shot_seed
  std::size_t draw = 0;         ///< index into tasks.shot_seed
  bool operator==(const Replicate&) const = default;
};

/// Those that the two lists name: the first seed with the first shot seed, and so on; a list of one goes with each
/// entry of the other. They must be of equal length otherwise, as a loaded configuration's are.
std::vector<Replicate> named_replicates(const RunConfig& config);

/// Those whose searches are computed: where the seed decides nothing and there is one shot seed, only the first.
std::vector<Replicate> different_replicates(const RunConfig& config, bool seed_decides);

/// Whether the points that a search asks for, or the adapters that it has, depend on its seed. For the given method:
/// only the file says it, and this is true.
bool seed_decides(const RunConfig& config);

}  // namespace lorasweep
