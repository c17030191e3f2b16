// SPDX-License-Identifier: Apache-2.0
// The worker's loop: receive, compute, report.
#pragma once

#include "workers/engine/engine.h"
#include "workers/work/channel.h"

namespace lorasweep {

/// Serves until the channel closes. While the device computes one order the next is already being prepared. An
/// exception of the engine becomes a WorkFailure of its order; exceptions of the channel pass through. So does
/// DeviceLost: no later order could be done here, and when the worker ends the scheduler gives its orders to others.
void serve(Channel& channel, Engine& engine);

}  // namespace lorasweep
