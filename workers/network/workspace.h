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
      place = {};  // first, for the device may not hold both; and nothing is left behind if it holds neither
      place.memory = ops_.allocate(with_slack(wanted));
      place.bytes = with_slack(wanted);
    }
    return {place.memory.get(), element, rows, cols, cols};
  }

  /// Gives all memory back. Whatever was enqueued with these matrices must have happened.
  void release() { slots_.clear(); }

  /// What a matrix of so many bytes takes: some more, for batches differ a little in size.
  static std::size_t with_slack(std::size_t bytes) { return bytes + bytes / 4; }

 private:
  struct Slot {
    std::shared_ptr<std::byte> memory;
    std::size_t bytes = 0;
  };
  Ops& ops_;
  std::vector<Slot> slots_;
};

}  // namespace lorasweep
