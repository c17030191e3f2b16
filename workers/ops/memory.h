// SPDX-License-Identifier: Apache-2.0
// A device's memory: what is taken, given back, brought in and out.
#pragma once

#include "workers/ops/view.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>

namespace lorasweep {

/// The device has no memory for this. The Ops stays usable; a smaller batch may fit.
struct OutOfDeviceMemory : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The device cannot be used any more by this process. The worker has to end; others do its
/// work.
struct DeviceLost : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class DeviceMemory {
 public:
  virtual ~DeviceMemory() = default;

  /// Zeroed bytes aligned to 64, freed with the handle; OutOfDeviceMemory if there are fewer.
  virtual std::shared_ptr<std::byte> allocate(std::size_t bytes) = 0;
  /// The device's view of an image that lies in host memory; shares it where the device can read it, copies it
  /// otherwise.
  virtual std::shared_ptr<const std::byte> adopt(std::shared_ptr<const std::byte> image, std::size_t bytes) = 0;
  virtual void upload(View out, const void* host) = 0;  ///< out is dense
  virtual void download(void* host, View in) = 0;       ///< valid on the host after wait(); in is dense
  /// Waits, and gives back what is kept for the next operations, so that others can have the memory.
  virtual void release() = 0;
  /// Bytes that are kept for the next operations (workers/ops/scratch.h).
  virtual std::size_t scratch_bytes() const = 0;
  /// Bytes that can still be allocated; nothing on a device that shares the host's memory.
  virtual std::optional<std::size_t> free_memory() const { return std::nullopt; }
};

}  // namespace lorasweep
