// SPDX-License-Identifier: Apache-2.0
#include "workers/cuda/cuda_devices.h"

#include "workers/cuda/cuda_ops.h"

namespace lorasweep {

std::unique_ptr<Ops> make_cuda_ops(Element activation, int index) {
  return std::make_unique<CudaOps>(CudaOptions{.activation = activation, .index = index});
}

int cuda_device_count() {
  int count = 0;
  if (cudaGetDeviceCount(&count) == cudaSuccess) return count;
  cudaGetLastError();
  return 0;
}

std::string cuda_signature(int index) {
  Device::open(index);  // says what is wrong, if something is
  cudaDeviceProp properties = {};
  check(cudaGetDeviceProperties(&properties, index), "cudaGetDeviceProperties");
  return std::string("cuda, ") + properties.name + " (sm_" + std::to_string(properties.major) + std::to_string(properties.minor) + "), " +
         CudaMatmul::description();
}

}  // namespace lorasweep
