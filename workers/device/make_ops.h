// SPDX-License-Identifier: Apache-2.0
// The one place that knows which devices this build has.
#pragma once

#include "workers/ops.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace lorasweep {

enum class DeviceKind { cpu, cuda };

struct DeviceOptions {
  Element activation = Element::f32;
  int threads = 1;  ///< CPU: cores of this worker
  DeviceKind kind = DeviceKind::cpu;
  int index = 0;  ///< CUDA: which of the devices that this process sees
};

/// DeviceLost with the reason if there is no such device, or this build has no code for it.
std::unique_ptr<Ops> make_ops(const DeviceOptions& options);

/// The layout that such a device wants; needs no device.
std::unique_ptr<Packing> make_packing(const DeviceOptions& options);

/// Devices of this kind that this process sees. For `cuda` 0 without a driver, or in a build without CUDA; never
/// throws.
int device_count(DeviceKind kind);

/// What decides the bits of results beside the inputs: device, instruction set, libraries. Workers of one sweep must
/// agree in it. CPU: "cpu, avx2 kernels, oneDNN 2.6.3 (isa 7)"; CUDA: "cuda, NVIDIA H100 80GB HBM3 (sm_90),
/// cuBLASLt 13.0.2". DeviceLost as make_ops.
std::string device_signature(const DeviceOptions& options = {});

/// The same text for two processes if, and only if, they would compute on the same CUDA device. DeviceLost as make_ops;
/// for CUDA only.
std::string device_identity(const DeviceOptions& options);

/// What this process could compute with, for people: ("CPU", ...), ("CUDA device 0", "NVIDIA H100 80GB HBM3, 78.2
/// of 79.2 GiB free"), ("driver", ...); or why there is none. Never throws.
std::vector<std::pair<std::string, std::string>> device_facts();

}  // namespace lorasweep
