// SPDX-License-Identifier: Apache-2.0
// Greedy decoding of several sources, each with the composed model of its member: sequences leave the batch as they
// end.
#pragma once

#include "workers/t5/network.h"
#include "workers/t5/workspace.h"
#include "workers/work/work.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace lorasweep {

class GreedyDecoder {
 public:
  static constexpr int first_capacity = 16;  ///< positions of a new cache: most answers are a few tokens

  /// Both must outlive it. `encoder_rows`: source rows that go through the encoder at once, which bounds its
  /// intermediate matrices.
  GreedyDecoder(Ops& ops, T5Network& network, std::int64_t encoder_rows = 4096)
      : ops_(ops), network_(network), encoder_rows_(encoder_rows), workspace_(ops) {}

  /// Sources [first, second) are answered by each member of `factors`; a source that no range holds, by the base model.
  struct Answering {
    const ComposedFactors* factors = nullptr;  ///< null: the base model answers all
    ComposedFactors::RowRanges sources;        ///< ascending
  };

  /// Generated ids of each source: without the start token, with the final </s> if it came within `max_new_tokens`.
  std::vector<TokenIds> decode(std::span<const TokenIds* const> sources, const Answering& members,
                               std::int32_t max_new_tokens);

  /// Gives back the memory that is kept between calls.
  void release();

 private:
  enum class Slot { ids, states, next };
  View slot(Slot which, Element element, std::int64_t rows, std::int64_t cols) {
    return workspace_.matrix(static_cast<int>(which), element, rows, cols);
  }
  View upload_ids(std::span<const std::int32_t> ids);
  void encode(View states, std::span<const TokenIds* const> sources, const Sequences& packed, const Answering& members);
  /// Caches of so many slots, with room for a short answer.
  void open_caches(std::int64_t slots);
  void grow_caches(std::int64_t slots, int capacity);

  Ops& ops_;
  T5Network& network_;
  std::int64_t encoder_rows_;
  Workspace workspace_;
  std::vector<DecoderCache> caches_;                      ///< one a layer
  std::vector<std::shared_ptr<std::byte>> cache_memory_;  ///< of short answers, kept
  std::vector<std::shared_ptr<std::byte>> grown_memory_;  ///< of long ones, not kept: they are few
  std::int64_t slots_kept_ = 0;                           ///< that cache_memory_ has room for, short answers
};

}  // namespace lorasweep
