// SPDX-License-Identifier: Apache-2.0
#include "workers/device/make_ops.h"

#include "workers/cpu/cpu_ops.h"

namespace lorasweep {

std::unique_ptr<Ops> make_ops(const DeviceOptions& options) {
  return std::make_unique<CpuOps>(CpuOptions{.activation = options.activation, .threads = options.threads});
}

std::unique_ptr<Packing> make_packing(const DeviceOptions& options) { return make_ops(options); }

int device_count(DeviceKind kind) { return kind == DeviceKind::cpu ? 1 : 0; }

std::string device_signature(const DeviceOptions&) {
  return std::string("cpu, ") + best_kernels().name + " kernels, " + Matmul::description();
}

}  // namespace lorasweep
