// SPDX-License-Identifier: Apache-2.0
// Examples and their members as ragged rows, end to end, without padding.
#pragma once

#include "workers/language_model.h"

#include <cstdint>
#include <span>
#include <vector>

namespace lorasweep {

/// Sequence s is one example: its source, its decoder input (the target shifted right behind the start token) and its
/// labels.
struct PackedBatch {
  std::vector<std::int32_t> source_ids, decoder_ids, labels;
  Sequences sources, targets;
  std::vector<Index> source_of;         ///< sequence s attends to source s
  Bypass source_bypass, target_bypass;  ///< the members' rows of either
};

PackedBatch pack_examples(std::span<const Example* const> examples, const ComposedMembers& members,
                          std::int32_t start_token);

}  // namespace lorasweep
