// SPDX-License-Identifier: Apache-2.0
// Small questions about a configuration.
#include "pipeline/config/config.h"

#include <algorithm>

namespace lorasweep {

bool PredictConfig::wants(Subject baseline) const { return std::ranges::find(baselines, baseline) != baselines.end(); }

}  // namespace lorasweep
