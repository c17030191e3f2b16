// SPDX-License-Identifier: Apache-2.0
// Layers are made, and grow, one after the other.
#include "workers/causal/key_value_caches.h"

#include <utility>

namespace lorasweep {

DecoderCache KeyValueCaches::cache(const std::shared_ptr<std::byte>& memory, Index capacity) const {
  return {{memory.get(), ops_.activation(), slots_ * capacity, width_, width_}, capacity};
}

void KeyValueCaches::open(Index slots, Index capacity) {
  close();  // of answers that did not come to their end
  slots_ = slots;
  for (Index layer = 0; layer < layers_; ++layer) {
    memory_.push_back(ops_.allocate(cache({}, capacity).rows.bytes()));
    caches_.push_back(cache(memory_.back(), capacity));
  }
}

void KeyValueCaches::grow(Index capacity) {
  for (std::size_t layer = 0; layer < caches_.size(); ++layer) {
    std::shared_ptr<std::byte> memory = ops_.allocate(cache({}, capacity).rows.bytes());
    const DecoderCache larger = cache(memory, capacity);
    ops_.rotary()->copy_cache(larger, caches_[layer]);
    caches_[layer] = larger;
    memory_[layer] = std::move(memory);
  }
}

void KeyValueCaches::close() {
  caches_.clear();
  memory_.clear();
}

std::size_t KeyValueCaches::bytes(Element element, Index layers, Index width, Index slots, Index positions) {
  return (layers + 1) * slots * positions * width * bytes_of(element);
}

}  // namespace lorasweep
