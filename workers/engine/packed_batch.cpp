// SPDX-License-Identifier: Apache-2.0
#include "workers/engine/packed_batch.h"

#include <numeric>

namespace lorasweep {

PackedBatch pack_members(const Catalogue& catalogue, std::span<const Member> members, std::int32_t start_token) {
  PackedBatch batch;
  for (const Member& member : members) {
    const std::int32_t first_source = batch.sources.rows(), first_target = batch.targets.rows();
    const std::vector<std::int32_t>& examples = catalogue.example_sets.at(member.example_set);
    for (const std::int32_t index : examples) {
      const Example& example = catalogue.examples.at(index);
      batch.source_ids.insert(batch.source_ids.end(), example.source.begin(), example.source.end());
      batch.labels.insert(batch.labels.end(), example.target.begin(), example.target.end());
      std::int32_t previous = start_token;
      for (const std::int32_t id : example.target) {
        batch.decoder_ids.push_back(previous);
        previous = id;
      }
      batch.source_of.push_back(batch.sources.count());
      batch.sources.offsets.push_back(static_cast<std::int32_t>(batch.source_ids.size()));
      batch.targets.offsets.push_back(static_cast<std::int32_t>(batch.labels.size()));
    }
    batch.source_rows.emplace_back(first_source, batch.sources.rows());
    batch.target_rows.emplace_back(first_target, batch.targets.rows());
    batch.examples_of_member.push_back(static_cast<std::int32_t>(examples.size()));
  }
  return batch;
}

EvaluateResult sum_by_example(const PackedBatch& batch, std::span<const double> nll_of_rows) {
  EvaluateResult result;
  int sequence = 0;
  for (const std::int32_t count : batch.examples_of_member) {
    std::vector<double>& sums = result.nll.emplace_back();
    for (std::int32_t i = 0; i < count; ++i, ++sequence) {
      const auto first = nll_of_rows.begin() + batch.targets.begin(sequence);
      sums.push_back(std::accumulate(first, first + batch.targets.length(sequence), 0.0));
    }
  }
  return result;
}

}  // namespace lorasweep
