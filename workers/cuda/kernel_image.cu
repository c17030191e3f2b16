// SPDX-License-Identifier: Apache-2.0
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
