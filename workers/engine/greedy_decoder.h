// SPDX-License-Identifier: Apache-2.0
// Greedy decoding of several sources with one composed model: sequences leave the batch as they end.
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
  /// Both must outlive it.
  GreedyDecoder(Ops& ops, T5Network& network) : ops_(ops), network_(network), workspace_(ops) {}

  /// Generated ids of each source: without the start token, with the final </s> if it came within `max_new_tokens`. `factors` null: the base model.
  std::vector<TokenIds> decode(std::span<const TokenIds* const> sources, const ComposedFactors* factors, std::int32_t max_new_tokens);

 private:
  enum class Slot { ids, states, next };
  View slot(Slot which, Element element, std::int64_t rows, std::int64_t cols) {
    return workspace_.matrix(static_cast<int>(which), element, rows, cols);
  }
  View upload_ids(std::span<const std::int32_t> ids);
  void encode(View states, std::span<const TokenIds* const> sources, const Sequences& packed, const ComposedFactors* factors);
  void grow_caches(std::vector<DecoderCache>& caches, std::int64_t slots, int capacity);

  Ops& ops_;
  T5Network& network_;
  Workspace workspace_;
  std::vector<std::shared_ptr<std::byte>> cache_memory_;
};

}  // namespace lorasweep
