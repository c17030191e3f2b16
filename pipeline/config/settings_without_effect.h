// SPDX-License-Identifier: Apache-2.0
// Settings that somebody chose, and that nothing looks at because of other settings.
#pragma once

#include "pipeline/config/config.h"

#include <string>
#include <vector>

namespace lorasweep {

/// A sentence for each. A setting at its default is not mentioned: files that `lorasweep init` and `submit` write have
/// all of them.
std::vector<std::string> settings_without_effect(const RunConfig& config);

}  // namespace lorasweep
