// SPDX-License-Identifier: Apache-2.0
// The length of a time limit that is written as sbatch takes it.
#pragma once

#include <cstdint>
#include <string_view>

namespace lorasweep {

/// "90", "4:00:00", "2-12": seconds, rounded up to whole minutes as SLURM does. 0: no limit. `time` was checked
/// (kinds::SlurmTime).
std::int64_t limit_in_seconds(std::string_view time);

}  // namespace lorasweep
