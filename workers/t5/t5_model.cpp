// SPDX-License-Identifier: Apache-2.0
// Uploads batches before they are enqueued, and takes prompts through the encoder in parts of bounded size.
#include "workers/t5/t5_model.h"

#include "workers/t5/packed_batch.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

// The members' rows of a matrix whose rows belong to sources: `row_of` says where the first row of a source, or of the
// next one there, is.
template <typename RowOf>
Bypass bypass_of(const ComposedMembers& members, RowOf row_of) {
  Bypass bypass{members.factors, {}};
  for (const auto& [first, last] : members.sequences) bypass.rows.emplace_back(row_of(first), row_of(last));
  return bypass;
}

}  // namespace

T5Model::T5Model(Ops& ops, const T5Config& config, T5Weights weights, Index encoder_rows)
    : ops_(ops),
      start_token_(config.decoder_start_token),
      encoder_rows_(encoder_rows),
      network_(ops, config, std::move(weights)),
      workspace_(ops),
      caches_(ops, config.decoder_layers, 2 * config.inner()) {}

View T5Model::upload_ids(Slot which, std::span<const std::int32_t> ids) {
  const View out = slot(which, Element::i32, std::ssize(ids), 1);
  ops_.upload(out, ids.data());
  return out;
}

LanguageModel::Losses T5Model::losses(std::span<const Example* const> examples, const ComposedMembers& members) {
  const auto batch = std::make_shared<const PackedBatch>(pack_examples(examples, members, start_token_));
  const View source_ids = upload_ids(Slot::source_ids, batch->source_ids),
             decoder_ids = upload_ids(Slot::decoder_ids, batch->decoder_ids),
             labels = upload_ids(Slot::labels, batch->labels);
  const View states = slot(Slot::states, ops_.activation(), batch->sources.rows(), network_.config().d_model);
  const View nll = slot(Slot::nll, Element::f64, batch->targets.rows(), 1);
  network_.reserve({.encoder = batch->sources.rows(), .decoder = batch->targets.rows()});
  return {nll, [=, this] {
            network_.encode(states, source_ids, batch->sources, batch->source_bypass);
            const View decoded = network_.decode(decoder_ids, batch->targets,
                                                 {states, &batch->sources, batch->source_of}, batch->target_bypass);
            network_.target_nll(nll, decoded, labels);
          }};
}

void T5Model::encode(std::span<const TokenIds* const> sources) {
  const Sequences& packed = answers_.sources;
  for (Index first = 0; first < packed.count();) {
    Sequences part;
    std::vector<std::int32_t> ids;
    Index next = first;
    do {
      ids.insert(ids.end(), sources[next]->begin(), sources[next]->end());
      part.offsets.push_back(std::ssize(ids));
      ++next;
    } while (next < packed.count() && part.rows() + packed.length(next) <= encoder_rows_);
    const auto row_of = [&](Index source) { return part.begin(std::clamp(source, first, next) - first); };
    network_.encode(answers_.states.row_range(packed.begin(first), part.rows()), upload_ids(Slot::answer_ids, ids),
                    part, bypass_of(answers_.members, row_of));
    first = next;
  }
}

View T5Model::prefill(std::span<const TokenIds* const> prompts, const ComposedMembers& members, Index max_new_tokens) {
  answers_ = {.members = members, .most_tokens = max_new_tokens};
  for (const TokenIds* prompt : prompts)
    answers_.sources.offsets.push_back(answers_.sources.rows() + std::ssize(*prompt));
  answers_.states = slot(Slot::answer_states, ops_.activation(), answers_.sources.rows(), network_.config().d_model);
  encode(prompts);
  caches_.open(std::ssize(prompts));
  std::vector<Index> all(prompts.size());
  std::iota(all.begin(), all.end(), Index{0});
  return step(all, std::vector<std::int32_t>(prompts.size(), start_token_));
}

View T5Model::step(std::span<const Index> slots, std::span<const std::int32_t> tokens) {
  if (answers_.position == caches_.capacity()) caches_.grow(std::min(2 * caches_.capacity(), answers_.most_tokens));
  const std::vector<Index> positions(slots.size(), answers_.position++);
  const auto row_of = [&](Index source) -> Index { return std::ranges::lower_bound(slots, source) - slots.begin(); };
  return network_.decode_step(upload_ids(Slot::answer_ids, tokens), caches_.layers(), slots, positions,
                              {answers_.states, &answers_.sources, slots}, bypass_of(answers_.members, row_of));
}

void T5Model::release() {
  workspace_.release();
  network_.release();
  caches_.release();
}

}  // namespace lorasweep
