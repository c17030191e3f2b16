// SPDX-License-Identifier: Apache-2.0
// Whether this build has code for a device.
#pragma once

#include "workers/cuda/cuda_check.h"

namespace lorasweep {

/// Of the device that is current. cudaSuccess, or why its driver cannot run a kernel of this build: usually that none
/// was built for its architecture.
cudaError_t kernel_image_status();

}  // namespace lorasweep
