// SPDX-License-Identifier: Apache-2.0
// Keys and values of prompts and their answers, in the activation's element: one cache a layer, that grows as answers
// become longer.
#pragma once

#include "workers/ops.h"

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace lorasweep {

class KeyValueCaches {
 public:
  static constexpr Index first_growth = 16;  ///< positions behind the longest prompt: most answers are a few tokens

  /// `width`: numbers of a position, keys and values. `ops` must outlive it, and have rotary().
  KeyValueCaches(Ops& ops, Index layers, Index width) : ops_(ops), layers_(layers), width_(width) {}

  /// Caches of this number of slots with these positions.
  void open(Index slots, Index capacity);
  Index capacity() const { return caches_.front().capacity; }  ///< positions
  void grow(Index capacity);
  /// Answers have ended: gives the memory back. Whatever was enqueued with it must have happened.
  void close();

  std::span<const DecoderCache> layers() const { return caches_; }

  /// Bytes at most while caches grow to this number of positions: one layer has its old cache, too.
  static std::size_t bytes(Element element, Index layers, Index width, Index slots, Index positions);

 private:
  DecoderCache cache(const std::shared_ptr<std::byte>& memory, Index capacity) const;

  Ops& ops_;
  Index layers_, width_;
  Index slots_ = 0;
  std::vector<DecoderCache> caches_;
  std::vector<std::shared_ptr<std::byte>> memory_;
};

}  // namespace lorasweep
