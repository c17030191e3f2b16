// SPDX-License-Identifier: Apache-2.0
// Intermediate matrices in the device's memory that are kept from call to call and grow when a batch is larger; and how
// large they become.
#pragma once

#include "workers/ops/memory.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <vector>

namespace lorasweep {

/// What names a matrix of a workspace: a number from 0, or an enumeration of its owner's.
template <typename Slot>
constexpr std::size_t slot_number(Slot slot) {
  return static_cast<std::size_t>(slot);
}

/// Matrices by slot, added up before any of them is made. Calls that come one after the other share a slot, so of each
/// slot the largest matrix counts.
class WorkspaceSize {
 public:
  template <typename Slot>
  WorkspaceSize& matrix(Slot slot, Element element, Index rows, Index cols) {
    return at_least(slot_number(slot), View{.element = element, .rows = rows, .cols = cols}.bytes());
  }
  /// For calls that share the workspace with those of `other`.
  WorkspaceSize& also(const WorkspaceSize& other) {
    for (std::size_t slot = 0; slot < other.slots_.size(); ++slot) at_least(slot, other.slots_[slot]);
    return *this;
  }
  /// What the workspace has taken at most once all these calls were made.
  std::size_t bytes() const {
    std::size_t all = 0;
    for (const std::size_t own : slots_) all += with_slack(own);
    return all;
  }

  /// What a matrix of so many bytes takes: some more, because batches differ a little in size.
  static std::size_t with_slack(std::size_t bytes) { return bytes + bytes / 4; }

 private:
  WorkspaceSize& at_least(std::size_t slot, std::size_t bytes) {
    if (slot >= slots_.size()) slots_.resize(slot + 1);
    slots_[slot] = std::max(slots_[slot], bytes);
    return *this;
  }

  std::vector<std::size_t> slots_;  ///< bytes
};

class Workspace {
 public:
  /// `memory` must outlive it.
  explicit Workspace(DeviceMemory& memory) : memory_(memory) {}

  /// A dense matrix in this slot; what the slot held before is overwritten. Contents are undefined.
  template <typename Slot>
  View matrix(Slot slot, Element element, Index rows, Index cols) {
    View view{nullptr, element, rows, cols, cols};
    view.data = memory_for(slot_number(slot), view.bytes());
    return view;
  }

  /// Gives all memory back. Whatever was enqueued with these matrices must have happened.
  void release() { slots_.clear(); }

  /// Bytes that it has taken.
  std::size_t bytes() const {
    std::size_t all = 0;
    for (const Slot& slot : slots_) all += slot.bytes;
    return all;
  }

 private:
  struct Slot {
    std::shared_ptr<std::byte> memory;
    std::size_t bytes = 0;
  };

  std::byte* memory_for(std::size_t number, std::size_t wanted) {
    if (number >= slots_.size()) slots_.resize(number + 1);
    Slot& slot = slots_[number];
    if (slot.bytes < wanted) {
      slot =
          {};  // first: the device may have no room for both, and if it has none for the new one nothing is left behind
      slot.memory = memory_.allocate(WorkspaceSize::with_slack(wanted));
      slot.bytes = WorkspaceSize::with_slack(wanted);
    }
    return slot.memory.get();
  }

  DeviceMemory& memory_;
  std::vector<Slot> slots_;
};

}  // namespace lorasweep
