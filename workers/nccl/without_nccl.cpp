// SPDX-License-Identifier: Apache-2.0
// A build without NCCL: images reach the devices by MPI and host memory.
#include "workers/device/device_broadcast.h"

namespace lorasweep {

std::string new_broadcast_ticket() { return {}; }

std::unique_ptr<DeviceBroadcast> join_broadcast(const std::string&, int, int, const DeviceOptions&) {
  throw DeviceLost("this build has no NCCL");
}

std::string nccl_version() { return {}; }

}  // namespace lorasweep
