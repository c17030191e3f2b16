// SPDX-License-Identifier: Apache-2.0
// The way of host data to the device: copied into a ring of pinned memory at once, taken from there by the device when
// its turn comes.
#pragma once

#include "workers/cuda/device.h"

#include <cstddef>
#include <vector>

namespace lorasweep {

class Staging {
 public:
  explicit Staging(const Device& device);

  /// Enqueues the copy; `host` may be reused when the call returns. Waits only if the device is a whole ring behind.
  void copy(void* to, const void* host, std::size_t bytes);

 private:
  struct Slot {
    PinnedMemory memory;
    Event emptied;  ///< recorded behind the copies from this slot when the ring moves on
  };
  std::byte* next_slot();

  const Device& device_;
  std::vector<Slot> slots_;
  std::size_t current_ = 0, used_ = 0;
};

}  // namespace lorasweep
