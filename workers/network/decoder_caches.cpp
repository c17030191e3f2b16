// SPDX-License-Identifier: Apache-2.0
// Short answers keep their memory, long ones get some of their own.
#include "workers/network/decoder_caches.h"

#include <algorithm>
#include <utility>

namespace lorasweep {
namespace {

// All positions of a slot as one row, of which the first `positions` are seen.
View slots_as_rows(const DecoderCache& cache, Index slots, Index positions) {
  const Index width = cache.rows.cols;
  return {cache.rows.data, Element::f32, slots, positions * width, cache.capacity * width};
}

}  // namespace

std::shared_ptr<std::byte> DecoderCaches::allocate(Index capacity) {
  return ops_.allocate(cache({}, capacity).rows.bytes());
}

DecoderCache DecoderCaches::cache(const std::shared_ptr<std::byte>& memory, Index capacity) const {
  return {{memory.get(), Element::f32, slots_ * capacity, width_, width_}, capacity};
}

void DecoderCaches::open(Index slots) {
  slots_ = slots;
  grown_.clear();  // of answers that did not come to their end
  if (slots > slots_kept_) {
    kept_.clear();
    slots_kept_ = 0;
    for (Index layer = 0; layer < layers_; ++layer) kept_.push_back(allocate(first_capacity));
    slots_kept_ = slots;
  }
  caches_.clear();
  for (const auto& memory : kept_) caches_.push_back(cache(memory, first_capacity));
}

void DecoderCaches::grow(Index capacity) {
  grown_.resize(caches_.size());
  // One after the other: only one layer has two caches at a time.
  for (std::size_t layer = 0; layer < caches_.size(); ++layer) {
    std::shared_ptr<std::byte> memory = allocate(capacity);
    DecoderCache& old = caches_[layer];
    const DecoderCache larger = cache(memory, capacity);
    ops_.scale_copy(slots_as_rows(larger, slots_, old.capacity), slots_as_rows(old, slots_, old.capacity), 1.0f);
    old = larger;
    grown_[layer] = std::move(memory);
  }
}

void DecoderCaches::close() { grown_.clear(); }

void DecoderCaches::release() {
  caches_.clear();
  kept_.clear();
  grown_.clear();
  slots_kept_ = 0;
}

std::size_t DecoderCaches::bytes(Index layers, Index width, Index slots, Index positions) {
  const Index grown = positions > first_capacity ? (layers + 1) * positions : 0;
  return (layers * first_capacity + grown) * slots * width * sizeof(float);
}

}  // namespace lorasweep
