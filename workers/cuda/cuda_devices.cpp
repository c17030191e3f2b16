// SPDX-License-Identifier: Apache-2.0
// What the driver and the runtime tell of the devices, as text.
#include "workers/cuda/cuda_devices.h"

#include "workers/cuda/cuda_ops.h"
#include "workers/cuda/matmul.h"

#include <exception>

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
  return "cuda, " + Device::open(index)->description() + ", " + CudaMatmul::description();
}

std::string cuda_identity(int index) {
  const cudaDeviceProp properties = Device::open(index)->properties();
  std::string hex;
  for (const char byte : properties.uuid.bytes) {
    hex += "0123456789abcdef"[static_cast<unsigned char>(byte) >> 4];
    hex += "0123456789abcdef"[static_cast<unsigned char>(byte) & 15];
  }
  return hex;
}

namespace {

std::string version_text(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

std::string gibibytes(std::size_t bytes) {
  const auto tenths = static_cast<std::size_t>(static_cast<double>(bytes) / (1 << 30) * 10 + 0.5);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

std::string device_text(int index) {
  try {
    const auto device = Device::open(index);
    return device->description() + ", " + gibibytes(device->free_memory()) + " of " +
           gibibytes(device->properties().totalGlobalMem) + " GiB free";
  } catch (const std::exception& problem) {
    return problem.what();
  }
}

}  // namespace

std::vector<std::pair<std::string, std::string>> cuda_facts() {
  int runtime = 0, driver = 0;
  cudaRuntimeGetVersion(&runtime);
  cudaDriverGetVersion(&driver);  // 0 without one
  std::vector<std::pair<std::string, std::string>> facts = {
      {"CUDA", "runtime " + version_text(runtime) + ", " + CudaMatmul::description()},
      {"driver", driver == 0 ? "none" : "for CUDA up to " + version_text(driver)}};
  const int count = cuda_device_count();
  for (int index = 0; index < count; ++index)
    facts.emplace_back("CUDA device " + std::to_string(index), device_text(index));
  if (count == 0) facts.emplace_back("CUDA devices", device_text(0));  // why there is none
  return facts;
}

}  // namespace lorasweep
