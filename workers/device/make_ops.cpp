// SPDX-License-Identifier: Apache-2.0
// Hands each question to the CPU or to CUDA.
#include "workers/device/make_ops.h"

#include "workers/cpu/cpu_ops.h"
#include "workers/cuda/cuda_devices.h"
#include "workers/cuda/packing.h"

#include <utility>

namespace lorasweep {

std::unique_ptr<Ops> make_ops(const DeviceOptions& options) {
  if (options.kind == DeviceKind::cuda) return make_cuda_ops(options.activation, options.index);
  return std::make_unique<CpuOps>(CpuOptions{.activation = options.activation, .threads = options.threads});
}

std::unique_ptr<Packing> make_packing(const DeviceOptions& options) {
  if (options.kind == DeviceKind::cuda) return std::make_unique<CudaPacking>(options.activation);
  return make_ops(options);
}

int device_count(DeviceKind kind) { return kind == DeviceKind::cpu ? 1 : cuda_device_count(); }

std::string device_signature(const DeviceOptions& options) {
  if (options.kind == DeviceKind::cuda) return cuda_signature(options.index);
  return std::string("cpu, ") + best_kernels().name + " kernels, " + Matmul::description();
}

std::string device_identity(const DeviceOptions& options) { return cuda_identity(options.index); }

std::vector<std::pair<std::string, std::string>> device_facts() {
  std::vector<std::pair<std::string, std::string>> facts = {{"CPU", device_signature()}};
  for (auto& fact : cuda_facts()) facts.push_back(std::move(fact));
  return facts;
}

}  // namespace lorasweep
