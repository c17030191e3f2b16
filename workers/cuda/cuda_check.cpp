// SPDX-License-Identifier: Apache-2.0
// Which errors are a lack of memory, and which the loss of the device.
#include "workers/cuda/cuda_check.h"

#include "workers/ops.h"

#include <string>

namespace lorasweep {

void check(cudaError_t status, const char* call) {
  if (status == cudaSuccess) return;
  const std::string text =
      std::string(call) + " failed: " + cudaGetErrorString(status) + " (" + cudaGetErrorName(status) + ")";
  cudaGetLastError();  // an error that is not sticky must not be found again by the next launch
  if (status == cudaErrorMemoryAllocation) throw OutOfDeviceMemory(text);
  throw DeviceLost(text);
}

}  // namespace lorasweep
