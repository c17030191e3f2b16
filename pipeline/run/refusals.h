// SPDX-License-Identifier: Apache-2.0
// What a worker's device refused, for the log.
#pragma once

#include "workers/engine/engine.h"

namespace lorasweep {

/// A line if there was anything. Nothing failed: work that cannot be recorded runs as slowly as the first time, and
/// products that the library refuses are done by the engine's own kernels, with bits of their own.
void warn_of_refusals(const Engine& engine);

}  // namespace lorasweep
