// SPDX-License-Identifier: Apache-2.0
// Keys and values of the sequences that are being decoded: one cache a layer, that grows as answers become longer.
#pragma once

#include "workers/ops.h"

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace lorasweep {

class DecoderCaches {
 public:
  static constexpr Index first_capacity = 16;  ///< positions of a new cache: most answers are a few tokens

  /// `width`: floats of a position, keys and values. `ops` must outlive it.
  DecoderCaches(Ops& ops, Index layers, Index width) : ops_(ops), layers_(layers), width_(width) {}

  /// Caches of this number of slots, with room for a short answer. Memory is kept from call to call where it was
  /// enough.
  void open(Index slots);
  Index capacity() const { return caches_.front().capacity; }  ///< positions
  void grow(Index capacity);
  /// Answers have ended. Memory for long answers is given back, because they are few. That for short ones is kept: if
  /// memory older than a device's records were given back, the device would have to record again.
  void close();
  /// Gives all memory back. Whatever was enqueued with it must have happened.
  void release();

  std::span<const DecoderCache> layers() const { return caches_; }

  /// Bytes while caches grow to this number of positions: those for short answers are kept, and one layer has its old
  /// cache, too.
  static std::size_t bytes(Index layers, Index width, Index slots, Index positions);

 private:
  std::shared_ptr<std::byte> allocate(Index capacity);
  DecoderCache cache(const std::shared_ptr<std::byte>& memory, Index capacity) const;

  Ops& ops_;
  Index layers_, width_;
  Index slots_ = 0;                                ///< of the present caches
  Index slots_kept_ = 0;                           ///< that kept_ has room for
  std::vector<DecoderCache> caches_;               ///< one a layer
  std::vector<std::shared_ptr<std::byte>> kept_;   ///< of short answers
  std::vector<std::shared_ptr<std::byte>> grown_;  ///< of long ones
};

}  // namespace lorasweep
