// SPDX-License-Identifier: Apache-2.0
// Uploads batches before they are enqueued, and takes prompts through the layers in parts of bounded size.
#include "workers/causal/causal_model.h"

#include "workers/causal/packed_sequences.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>

namespace lorasweep {

CausalModel::CausalModel(Ops& ops, const CausalConfig& config, CausalWeights weights, Index rows_at_once)
    : ops_(ops),
      rows_at_once_(rows_at_once),
      network_(ops, config, std::move(weights)),
      workspace_(ops),
      caches_(ops, config.layers, 2 * Index{config.key_width()}) {}

View CausalModel::upload_ids(Slot which, std::span<const std::int32_t> ids) {
  const View out = slot(which, Element::i32, std::ssize(ids), 1);
  ops_.upload(out, ids.data());
  return out;
}

LanguageModel::Losses CausalModel::losses(std::span<const Example* const> examples, const ComposedMembers& members) {
  const auto batch =
      std::make_shared<const PackedSequences>(pack_sequences(examples, members, network_.config().positions()));
  const View ids = upload_ids(Slot::ids, batch->ids), labels = upload_ids(Slot::labels, batch->labels);
  const View states = slot(Slot::states, ops_.activation(), labels.rows, network_.config().d_model);
  const View nll = slot(Slot::nll, Element::f64, labels.rows, 1);
  network_.reserve({.passed = ids.rows, .to_head = labels.rows});
  return {nll, [=, this] {
            network_.forward(states, ids, batch->sequences, batch->label_rows, batch->bypass);
            network_.target_nll(nll, states, labels, batch->label_bypass);
          }};
}

Bypass CausalModel::bypass_of(std::span<const Index> slots) const {
  Bypass bypass{answers_.members.factors, {}};
  const auto row_of = [&](Index slot) -> Index { return std::ranges::lower_bound(slots, slot) - slots.begin(); };
  for (const auto& [first, last] : answers_.members.sequences) bypass.rows.emplace_back(row_of(first), row_of(last));
  return bypass;
}

Index CausalModel::pass_prompts(std::span<const TokenIds* const> prompts, Index first, View states) {
  Sequences sequences;
  std::vector<std::int32_t> ids;
  std::vector<Index> slots, last_rows;
  Index next = first;
  do {
    ids.insert(ids.end(), prompts[next]->begin(), prompts[next]->end());
    sequences.offsets.push_back(std::ssize(ids));
    last_rows.push_back(std::ssize(ids) - 1);
    slots.push_back(next++);
  } while (next < std::ssize(prompts) && sequences.rows() + std::ssize(*prompts[next]) <= rows_at_once_);
  Bypass bypass{answers_.members.factors, {}};
  const auto row_of = [&](Index prompt) { return sequences.begin(std::clamp(prompt, first, next) - first); };
  for (const auto& [begin, end] : answers_.members.sequences) bypass.rows.emplace_back(row_of(begin), row_of(end));
  const CausalNetwork::Filling filling{caches_.layers(), slots};
  network_.forward(states.row_range(first, next - first), upload_ids(Slot::answer_ids, ids), sequences, last_rows,
                   bypass, &filling);
  return next;
}

View CausalModel::prefill(std::span<const TokenIds* const> prompts, const ComposedMembers& members,
                          Index max_new_tokens) {
  answers_ = {.members = members, .lengths = {}, .most_positions = 0, .last_rows = {}};
  Index longest = 0;
  for (const TokenIds* prompt : prompts) {
    answers_.lengths.push_back(std::ssize(*prompt));
    longest = std::max(longest, std::ssize(*prompt));
  }
  // The last token of an answer is not looked at again.
  answers_.most_positions = longest + max_new_tokens - 1;
  if (answers_.most_positions > network_.config().positions())
    throw std::out_of_range("a prompt of " + std::to_string(longest) + " tokens with an answer of " +
                            std::to_string(max_new_tokens) + " is longer than the model's " +
                            std::to_string(network_.config().positions()) + " positions");
  caches_.open(std::ssize(prompts), std::min(longest + KeyValueCaches::first_growth, answers_.most_positions));
  const View states = slot(Slot::answer_states, ops_.activation(), std::ssize(prompts), network_.config().d_model);
  for (Index first = 0; first < std::ssize(prompts);) first = pass_prompts(prompts, first, states);
  std::vector<Index> all(prompts.size());
  std::iota(all.begin(), all.end(), Index{0});
  answers_.last_rows = bypass_of(all);
  return states;
}

View CausalModel::step(std::span<const Index> slots, std::span<const std::int32_t> tokens) {
  std::vector<Index> positions;
  for (const Index slot : slots) positions.push_back(answers_.lengths[slot]++);
  const Index most = *std::ranges::max_element(positions) + 1;
  if (most > caches_.capacity()) caches_.grow(std::min(most + caches_.capacity() / 2, answers_.most_positions));
  answers_.last_rows = bypass_of(slots);
  return network_.step(upload_ids(Slot::answer_ids, tokens), caches_.layers(), slots, positions, answers_.last_rows);
}

void CausalModel::tokens(View out, View rows) { network_.argmax(out, rows, answers_.last_rows); }

void CausalModel::release() {
  workspace_.release();
  network_.release();
  caches_.close();
}

}  // namespace lorasweep
