// SPDX-License-Identifier: Apache-2.0
// The one place that knows which devices this build has.
#pragma once

#include "workers/ops.h"

#include <memory>
#include <string>

namespace lorasweep {

struct DeviceOptions {
  Element activation = Element::f32;
  int threads = 1;  ///< CPU: cores of this worker
};

std::unique_ptr<Ops> make_ops(const DeviceOptions& options);

/// What decides the bits of results beside the inputs: device, instruction set, libraries. Engines that share a model image must agree in it.
std::string device_signature();

}  // namespace lorasweep
