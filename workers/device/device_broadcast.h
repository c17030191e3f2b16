// SPDX-License-Identifier: Apache-2.0
// The same bytes into the memory of every worker's device, from one of them: by NCCL, where the build has it.
#pragma once

#include "workers/device/make_ops.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace lorasweep {

/// One member's end. Not usable after an exception.
class DeviceBroadcast {
 public:
  virtual ~DeviceBroadcast() = default;
  /// All members call it with the same `bytes`. Member 0 gets the content from `next_piece`, which fills its argument
  /// with the next bytes (of `piece` bytes, but for the last); the others' is not called. Returns memory of `ops`,
  /// filled. Throws DeviceLost if a member fails or does not come in time; OutOfDeviceMemory if there is not so much
  /// memory.
  virtual std::shared_ptr<std::byte> broadcast(Ops& ops, std::size_t bytes,
                                               const std::function<void(std::span<std::byte>)>& next_piece) = 0;

  static constexpr std::size_t piece = std::size_t{64} << 20;
};

/// What the members of a broadcast need to find each other; made by one process (it must live on until all have
/// joined), given to all. Empty: this build has no NCCL.
std::string new_broadcast_ticket();

/// Waits (bounded) for all members. DeviceLost if they do not come, or this build has no NCCL.
std::unique_ptr<DeviceBroadcast> join_broadcast(const std::string& ticket, int member, int members,
                                                const DeviceOptions& device);

/// "2.28.9"; empty: none in this build.
std::string nccl_version();

}  // namespace lorasweep
