// SPDX-License-Identifier: Apache-2.0
// Which of cuBLASLt's errors are a lack of memory, and which the loss of the device.
#include "workers/cuda/cublas_check.h"

#include "workers/ops.h"

#include <string>

namespace lorasweep {

void check(cublasStatus_t status, const char* call) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  const std::string text = std::string(call) + " failed: " + cublasLtGetStatusString(status);
  if (status == CUBLAS_STATUS_ALLOC_FAILED) throw OutOfDeviceMemory(text);
  throw DeviceLost(text);
}

}  // namespace lorasweep
