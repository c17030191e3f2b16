// SPDX-License-Identifier: Apache-2.0
// Each example after the one before it, its target shifted behind the start token.
#include "workers/t5/packed_batch.h"

#include <iterator>

namespace lorasweep {

PackedBatch pack_examples(std::span<const Example* const> examples, const ComposedMembers& members,
                          std::int32_t start_token) {
  PackedBatch batch;
  for (const Example* example : examples) {
    batch.source_ids.insert(batch.source_ids.end(), example->source.begin(), example->source.end());
    batch.labels.insert(batch.labels.end(), example->target.begin(), example->target.end());
    std::int32_t previous = start_token;
    for (const std::int32_t id : example->target) {
      batch.decoder_ids.push_back(previous);
      previous = id;
    }
    batch.source_of.push_back(batch.sources.count());
    batch.sources.offsets.push_back(std::ssize(batch.source_ids));
    batch.targets.offsets.push_back(std::ssize(batch.labels));
  }
  batch.source_bypass.factors = batch.target_bypass.factors = members.factors;
  for (const auto& [first, last] : members.sequences) {
    batch.source_bypass.rows.emplace_back(batch.sources.begin(first), batch.sources.begin(last));
    batch.target_bypass.rows.emplace_back(batch.targets.begin(first), batch.targets.begin(last));
  }
  return batch;
}

}  // namespace lorasweep
