// SPDX-License-Identifier: Apache-2.0
// Asks the runtime for a kernel that does nothing: it fails where the build has no code for the device.
#include "workers/cuda/kernel_image.h"

namespace lorasweep {
namespace {

__global__ void nothing() {}

}  // namespace

// Loads the kernel, as a first launch would, without one.
cudaError_t kernel_image_status() {
  cudaFuncAttributes attributes = {};
  const cudaError_t status = cudaFuncGetAttributes(&attributes, reinterpret_cast<const void*>(&nothing));
  if (status != cudaSuccess) cudaGetLastError();
  return status;
}

}  // namespace lorasweep
