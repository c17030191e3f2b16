// SPDX-License-Identifier: Apache-2.0
// Which kind of device a sweep computes on: one kind for all its workers, known before its manifest is made.
#pragma once

#include "pipeline/config/config.h"
#include "pipeline/run/core_time.h"
#include "workers/device/make_ops.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace lorasweep {

/// What one worker could compute with.
struct DeviceOffer {
  std::string where;          ///< "rank 3 on n2"
  std::string cpu;            ///< device_signature() of its CPU
  std::string cuda;           ///< of its CUDA device; empty: it has none that it can use
  std::string cuda_problem;   ///< why not
  int cuda_devices = 0;       ///< that its process sees, usable or not
  std::string cuda_identity;  ///< device_identity() of its CUDA device
  std::string host = {};
  std::vector<std::int32_t> cores = {};  ///< that its process may use (cores.h)
  std::vector<CoreTime> times = {};      ///< what limits its CPU time
  bool operator==(const DeviceOffer&) const = default;
};

/// Of this process; `worker` counts the workers of this node, which take the devices that they see in turn. Never
/// throws for what a device refuses: that becomes the offer's `cuda_problem`.
DeviceOffer device_offer(std::string where, int worker);
/// The device that the worker takes of those that its process sees.
int device_index(int worker);

/// What all workers take.
struct ChosenDevice {
  DeviceKind kind = DeviceKind::cpu;
  std::string signature;  ///< the same for all of them
  std::string check =
      {};               ///< what they make of one small piece of work (check_values.h); empty: not asked, or nobody can
  int sharers = 1;      ///< the most workers that take the same CUDA device
  std::string warning;  ///< there are CUDA devices, but they are not used: why
};

/// `packer`: of the process that lays out the model's weights for all (rank 0), which need not compute. ConfigError
/// naming the worker that cannot do what is requested, or whose device would give other bits: on CPUs than the
/// packer's, whose layout depends on it; on GPUs than the first worker's.
ChosenDevice choose_device(DeviceRequest request, std::span<const DeviceOffer> offers, const DeviceOffer& packer);

}  // namespace lorasweep
