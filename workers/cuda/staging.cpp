// SPDX-License-Identifier: Apache-2.0
// A ring of pinned slots, each with an event that says when the device has read it.
#include "workers/cuda/staging.h"

#include <algorithm>
#include <cstring>

namespace lorasweep {
namespace {

// An image of gigabytes is copied at the speed of the host's memcpy, while the device reads the other three slots.
constexpr std::size_t slot_bytes = std::size_t{4} << 20, slot_count = 4, alignment = 64;

}  // namespace

Staging::Staging(const Device& device) : device_(device) {
  device_.stream();
  for (std::size_t i = 0; i < slot_count; ++i) slots_.push_back({PinnedMemory(slot_bytes), Event()});
}

std::byte* Staging::next_slot() {
  check(cudaEventRecord(slots_[current_].emptied.get(), device_.stream()), "cudaEventRecord");
  current_ = (current_ + 1) % slots_.size();
  used_ = 0;
  // succeeds at once if it was never recorded
  check(cudaEventSynchronize(slots_[current_].emptied.get()), "cudaEventSynchronize");
  return slots_[current_].memory.data();
}

void Staging::copy(void* to, const void* host, std::size_t bytes) {
  const cudaStream_t stream = device_.stream();
  const auto* from = static_cast<const std::byte*>(host);
  auto* target = static_cast<std::byte*>(to);
  while (bytes > 0) {
    if (used_ == slot_bytes || (used_ + bytes > slot_bytes && bytes <= slot_bytes)) next_slot();
    const std::size_t part = std::min(bytes, slot_bytes - used_);
    std::byte* staged = slots_[current_].memory.data() + used_;
    std::memcpy(staged, from, part);
    check(cudaMemcpyAsync(target, staged, part, cudaMemcpyHostToDevice, stream), "cudaMemcpyAsync");
    used_ = std::min(slot_bytes, (used_ + part + alignment - 1) / alignment * alignment);
    from += part;
    target += part;
    bytes -= part;
  }
}

}  // namespace lorasweep
