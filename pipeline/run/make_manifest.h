// SPDX-License-Identifier: Apache-2.0
// The manifest of a sweep that is about to start: digests of everything it read.
#pragma once

#include "pipeline/config/config.h"
#include "pipeline/manifest/manifest.h"
#include "pipeline/plan/inputs.h"
#include "pipeline/plan/plan.h"
#include "pipeline/run/device_choice.h"

namespace lorasweep {

/// Reads the base model's and the drawn adapters' files once to digest them.
Manifest make_manifest(const RunConfig& config, const SweepInputs& inputs, const Plan& plan,
                       const ChosenDevice& device);

}  // namespace lorasweep
