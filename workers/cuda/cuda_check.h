// SPDX-License-Identifier: Apache-2.0
// Turns failed CUDA calls into the exceptions of ops.h.
#pragma once

#include <cuda_runtime.h>

namespace lorasweep {

/// `call` says what was tried, e.g. "cudaMemcpyAsync". A failed allocation is OutOfDeviceMemory and leaves the device
/// usable; everything else is DeviceLost: after a kernel's fault every later call of the process fails too.
void check(cudaError_t status, const char* call);

}  // namespace lorasweep
