// SPDX-License-Identifier: Apache-2.0
// Intermediate matrices in the device's memory that are kept from call to call and grow when a batch is larger.
#pragma once

#include "workers/ops.h"

#include <memory>
#include <vector>

namespace lorasweep {

class Workspace {
 public:
  explicit Workspace(Ops& ops) : ops_(ops) {}

  /// A dense matrix in slot `slot`; what the slot held before is overwritten. Contents are undefined.
  View matrix(int slot, Element element, std::int64_t rows, std::int64_t cols) {
    if (static_cast<std::size_t>(slot) >= slots_.size()) slots_.resize(slot + 1);
    const auto wanted = static_cast<std::size_t>(rows * cols * bytes_of(element));
    Slot& place = slots_[slot];
    if (place.bytes < wanted) {
      place.memory.reset();
      place.memory = ops_.allocate(wanted + wanted / 4);  // some more: batches differ a little in size
      place.bytes = wanted + wanted / 4;
    }
    return {place.memory.get(), element, rows, cols, cols};
  }

 private:
  struct Slot {
    std::shared_ptr<std::byte> memory;
    std::size_t bytes = 0;
  };
  Ops& ops_;
  std::vector<Slot> slots_;
};

}  // namespace lorasweep
