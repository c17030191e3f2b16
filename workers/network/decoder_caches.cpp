// SPDX-License-Identifier: Apache-2.0
#include "workers/network/decoder_caches.h"

#include <algorithm>
#include <utility>

namespace lorasweep {
namespace {

// All positions of a slot as one row, of which the first `positions` are seen.
View slots_as_rows(const DecoderCache& cache, std::int64_t slots, std::int64_t positions) {
  const std::int64_t width = cache.rows.cols;
  return {cache.rows.data, Element::f32, slots, positions * width, cache.capacity * width};
}

}  // namespace

std::shared_ptr<std::byte> DecoderCaches::allocate(int capacity) {
  return ops_.allocate(static_cast<std::size_t>(slots_) * capacity * width_ * sizeof(float));
}

DecoderCache DecoderCaches::cache(const std::shared_ptr<std::byte>& memory, int capacity) const {
  return {{memory.get(), Element::f32, slots_ * capacity, width_, width_}, capacity};
}

void DecoderCaches::open(std::int64_t slots) {
  slots_ = slots;
  if (slots > slots_kept_) {
    memory_.clear();
    slots_kept_ = 0;
    for (int layer = 0; layer < layers_; ++layer) memory_.push_back(allocate(first_capacity));
    slots_kept_ = slots;
  }
  caches_.clear();
  for (const auto& memory : memory_) caches_.push_back(cache(memory, first_capacity));
}

void DecoderCaches::grow(int capacity) {
  slots_kept_ = 0;
  // one after the other: only one layer is there twice at a time
  for (std::size_t layer = 0; layer < caches_.size(); ++layer) {
    std::shared_ptr<std::byte> memory = allocate(capacity);
    DecoderCache& old = caches_[layer];
    const DecoderCache larger = cache(memory, capacity);
    ops_.scale_copy(slots_as_rows(larger, slots_, old.capacity), slots_as_rows(old, slots_, old.capacity), 1.0f);
    old = larger;
    memory_[layer] = std::move(memory);
  }
}

void DecoderCaches::close() {
  if (slots_kept_ == 0) memory_.clear();
}

void DecoderCaches::release() {
  caches_.clear();
  memory_.clear();
  slots_kept_ = 0;
}

std::size_t DecoderCaches::bytes(int layers, int width, std::int64_t slots, std::int64_t positions) {
  const auto longest = static_cast<std::size_t>(std::max<std::int64_t>(positions, first_capacity));
  return static_cast<std::size_t>(layers + 1) * longest * static_cast<std::size_t>(slots * width) * sizeof(float);
}

}  // namespace lorasweep
