// SPDX-License-Identifier: Apache-2.0
// A label is predicted by the row of the token before it.
#include "workers/causal/packed_sequences.h"

#include <iterator>
#include <stdexcept>
#include <string>

namespace lorasweep {

PackedSequences pack_sequences(std::span<const Example* const> examples, const ComposedMembers& members,
                               Index most_positions) {
  PackedSequences packed;
  std::vector<Index> first_label = {0};
  for (const Example* example : examples) {
    const Index prompt = std::ssize(example->source), all = prompt + std::ssize(example->target);
    if (prompt == 0 || all > most_positions)
      throw std::out_of_range("an example of " + std::to_string(prompt) + " and " + std::to_string(all - prompt) +
                              " tokens, where there are positions for " + std::to_string(most_positions));
    const Index begin = std::ssize(packed.ids);
    packed.ids.insert(packed.ids.end(), example->source.begin(), example->source.end());
    packed.ids.insert(packed.ids.end(), example->target.begin(), example->target.end());
    packed.ids.pop_back();  // nothing follows the last token
    packed.labels.insert(packed.labels.end(), example->target.begin(), example->target.end());
    for (Index row = prompt - 1; row < all - 1; ++row) packed.label_rows.push_back(begin + row);
    packed.sequences.offsets.push_back(std::ssize(packed.ids));
    first_label.push_back(std::ssize(packed.labels));
  }
  packed.bypass.factors = packed.label_bypass.factors = members.factors;
  for (const auto& [first, last] : members.sequences) {
    packed.bypass.rows.emplace_back(packed.sequences.begin(first), packed.sequences.begin(last));
    packed.label_bypass.rows.emplace_back(first_label[first], first_label[last]);
  }
  return packed;
}

}  // namespace lorasweep
