// SPDX-License-Identifier: Apache-2.0
// The time as runs record it.
#include "pipeline/manifest/run_directory.h"

#include <fmt/chrono.h>

#include <ctime>

namespace lorasweep {

std::string utc_now() { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr))); }

}  // namespace lorasweep
