// SPDX-License-Identifier: Apache-2.0
// The manifest of a sweep that is about to start: digests of everything it read.
#pragma once

#include "pipeline/config/config.h"
#include "pipeline/manifest/manifest.h"
#include "pipeline/plan/inputs.h"
#include "pipeline/plan/plan.h"
#include "pipeline/run/device_choice.h"

namespace lorasweep {

/// What it holds of an adapter, and of a task.
Manifest::Adapter manifest_entry(const Adapter& adapter, const AdapterContent& content);
Manifest::Task manifest_entry(const Task& task, const PlannedTask& planned, const Catalogue& catalogue);

/// Reads the base model's and the drawn adapters' files once to digest them.
Manifest make_manifest(const RunConfig& config, const SweepInputs& inputs, const Plan& plan,
                       const ChosenDevice& device);

}  // namespace lorasweep
