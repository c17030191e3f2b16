// SPDX-License-Identifier: Apache-2.0
// From inputs that were read to the plan.
#pragma once

#include "pipeline/plan/inputs.h"
#include "pipeline/plan/plan.h"

#include <cstddef>
#include <optional>

namespace lorasweep {

/// `inputs` must be complete. `replicates` as in PlanOptions. ConfigError if search.budget has no room for the screen,
/// or if search.scope makes more numbers of a search than one takes.
Plan plan_of(const RunConfig& config, const SweepInputs& inputs, std::optional<std::size_t> replicates = std::nullopt);

/// Only every adapter alone on all shots.
Plan screen_of(const RunConfig& config, const SweepInputs& inputs);

}  // namespace lorasweep
