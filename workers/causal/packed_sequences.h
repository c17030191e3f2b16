// SPDX-License-Identifier: Apache-2.0
// Examples as rows of one matrix, end to end: prompt, then completion without its last token.
#pragma once

#include "workers/language_model.h"

#include <cstdint>
#include <span>
#include <vector>

namespace lorasweep {

struct PackedSequences {
  std::vector<std::int32_t> ids, labels;
  Sequences sequences;
  std::vector<Index> label_rows;  ///< the row that predicts each label
  Bypass bypass, label_bypass;    ///< the members' rows of ids, and of labels
};

/// std::out_of_range for an example without a prompt, or longer than `most_positions`.
PackedSequences pack_sequences(std::span<const Example* const> examples, const ComposedMembers& members,
                               Index most_positions);

}  // namespace lorasweep
