// SPDX-License-Identifier: Apache-2.0
// Members and their examples as ragged rows, end to end, without padding.
#pragma once

#include "workers/lora/composer.h"
#include "workers/ops.h"
#include "workers/work/work.h"

#include <cstdint>
#include <span>
#include <vector>

namespace lorasweep {

/// Sequence s is one example of one member: its source, its decoder input (the target shifted right behind the start
/// token) and its labels.
struct PackedBatch {
  std::vector<std::int32_t> source_ids, decoder_ids, labels;
  Sequences sources, targets;
  ComposedFactors::RowRanges source_rows, target_rows;  ///< of each member
  std::vector<std::int32_t> source_of;                  ///< sequence s attends to source s
  std::vector<std::int32_t> examples_of_member;         ///< sequences lie in the order of the members
};

/// Throws std::out_of_range for an index that the catalogue does not have.
PackedBatch pack_members(const Catalogue& catalogue, std::span<const Member> members, std::int32_t start_token);

/// The sum of each sequence's values, grouped by member.
EvaluateResult sum_by_example(const PackedBatch& batch, std::span<const double> nll_of_rows);

}  // namespace lorasweep
