// SPDX-License-Identifier: Apache-2.0
// The layers, one after the other; the head sees only the rows that somebody asks for.
#include "workers/causal/network.h"

#include "data/core/error.h"

#include <algorithm>
#include <utility>

namespace lorasweep {
namespace {

// Logits with a bypass of the head exist for so many rows at a time.
constexpr Index head_rows = 64;

RotaryOps& rotary_of(Ops& ops) {
  if (RotaryOps* rotary = ops.rotary()) return *rotary;
  throw InternalError("a decoder-only network on a device that has no code for it");
}

// The bypass of rows [first, first + count), counted from the first of them.
Bypass part_of(const Bypass& bypass, Index first, Index count) {
  Bypass part{bypass.factors, {}};
  for (const auto& [begin, end] : bypass.rows)
    part.rows.emplace_back(std::clamp(begin - first, Index{0}, count), std::clamp(end - first, Index{0}, count));
  return part;
}

}  // namespace

CausalNetwork::CausalNetwork(Ops& ops, const CausalConfig& config, CausalWeights weights)
    : ops_(ops),
      rotary_(rotary_of(ops)),
      config_(config),
      weights_(std::move(weights)),
      groups_(head_groups(config)),
      workspace_(ops) {}

// Every intermediate matrix, once.
std::vector<CausalNetwork::Matrix> CausalNetwork::matrices(const CausalConfig& config, Element activation,
                                                           CausalRows rows) {
  const HeadGroups groups = head_groups(config);
  const Index d = config.d_model, ff = config.d_ff, passed = std::max(rows.passed, rows.stepped);
  return {{Slot::residual, Element::f32, passed, d},
          {Slot::normed, activation, passed, d},
          {Slot::projected, Element::f32, passed, groups.all()},
          {Slot::context, activation, passed, groups.queries()},
          {Slot::hidden, Element::f32, passed, 2 * ff},
          {Slot::active, activation, passed, ff},
          {Slot::picked, Element::f32, rows.to_head, d},
          {Slot::output, activation, rows.stepped, d},
          {Slot::logits, Element::f32, std::min(rows.to_head, head_rows), config.vocabulary}};
}

void CausalNetwork::reserve(CausalRows rows) {
  for (const Matrix& matrix : matrices(config_, ops_.activation(), rows))
    slot(matrix.slot, matrix.element, matrix.rows, matrix.cols);
}

WorkspaceSize CausalNetwork::workspace_size(const CausalConfig& config, Element activation, CausalRows rows) {
  WorkspaceSize size;
  for (const Matrix& matrix : matrices(config, activation, rows))
    size.matrix(matrix.slot, matrix.element, matrix.rows, matrix.cols);
  return size;
}

void CausalNetwork::project(View y, View x, const BoundPart& part, Accumulate accumulate, const Bypass& bypass) {
  ops_.linear(y, x, part.maps.front(), accumulate);
  if (part.bias.data != nullptr) rotary_.add_bias(y, part.bias);
  if (bypass.factors != nullptr) ops_.lora(y, x, bypass.factors->blocks(part.number, bypass.rows));
}

View CausalNetwork::normalized(View residual, View gain) {
  const View out = slot(Slot::normed, ops_.activation(), residual.rows, residual.cols);
  ops_.rms_norm(out, residual, gain, config_.norm_epsilon);
  return out;
}

void CausalNetwork::feed_forward(View residual, const CausalLayer& layer, const Bypass& bypass) {
  const View normed = normalized(residual, layer.ff_norm);
  const View hidden = slot(Slot::hidden, Element::f32, residual.rows, 2 * Index{config_.d_ff});
  project(hidden, normed, layer.ff_in, Accumulate::no, bypass);
  const View active = slot(Slot::active, ops_.activation(), residual.rows, config_.d_ff);
  ops_.activate(active, hidden, Activation::gated_silu);
  project(residual, active, layer.ff_out, Accumulate::yes, bypass);
}

View CausalNetwork::layers(View ids, std::span<const Index> positions, const Bypass& bypass, const Attention& attend) {
  const View residual = slot(Slot::residual, Element::f32, ids.rows, config_.d_model);
  ops_.embed(residual, weights_.embedding, ids);
  for (Index i = 0; i < std::ssize(weights_.layers); ++i) {
    const CausalLayer& layer = weights_.layers[i];
    HeadGroups groups = groups_;
    groups.window = layer.window;
    const View normed = normalized(residual, layer.self_norm);
    const View qkv = slot(Slot::projected, Element::f32, ids.rows, groups.all());
    project(qkv, normed, layer.self_in, Accumulate::no, bypass);
    rotary_.rotate(qkv, positions, weights_.rotation, groups, layer.head_norms);
    const View context = slot(Slot::context, ops_.activation(), ids.rows, groups.queries());
    attend(context, qkv, i, groups);
    project(residual, context, layer.self_out, Accumulate::yes, bypass);
    feed_forward(residual, layer, bypass);
  }
  return residual;
}

void CausalNetwork::forward(View states, View ids, const Sequences& sequences, std::span<const Index> picked,
                            const Bypass& bypass, const Filling* filling) {
  std::vector<Index> positions;
  for (Index s = 0; s < sequences.count(); ++s)
    for (Index i = 0; i < sequences.length(s); ++i) positions.push_back(i);
  const View residual =
      layers(ids, positions, bypass, [&](View context, View qkv, Index layer, const HeadGroups& groups) {
        rotary_.grouped_attention(context, qkv, sequences, groups);
        if (filling != nullptr) rotary_.fill_cache(filling->caches[layer], qkv, sequences, filling->slots, groups);
      });
  const View rows = slot(Slot::picked, Element::f32, std::ssize(picked), config_.d_model);
  rotary_.gather(rows, residual, picked);
  ops_.rms_norm(states, rows, weights_.final_norm, config_.norm_epsilon);
}

View CausalNetwork::step(View ids, std::span<const DecoderCache> caches, std::span<const Index> slots,
                         std::span<const Index> positions, const Bypass& bypass) {
  const View residual =
      layers(ids, positions, bypass, [&](View context, View qkv, Index layer, const HeadGroups& groups) {
        rotary_.grouped_step(context, qkv, caches[layer], slots, positions, groups);
      });
  const View out = slot(Slot::output, ops_.activation(), ids.rows, config_.d_model);
  ops_.rms_norm(out, residual, weights_.final_norm, config_.norm_epsilon);
  return out;
}

bool CausalNetwork::changes_head(const Bypass& bypass) const {
  return bypass.factors != nullptr && !bypass.factors->blocks(weights_.head.number, bypass.rows).empty();
}

void CausalNetwork::with_logits(View states, const Bypass& bypass,
                                const std::function<void(View logits, Index first)>& use) {
  for (Index first = 0; first < states.rows; first += head_rows) {
    const Index count = std::min(head_rows, states.rows - first);
    const View some = slot(Slot::logits, Element::f32, count, config_.vocabulary);
    logits(some, states.row_range(first, count), part_of(bypass, first, count));
    use(some, first);
  }
}

void CausalNetwork::target_nll(View out, View states, View labels, const Bypass& bypass) {
  if (!changes_head(bypass)) return ops_.target_nll(out, states, weights_.head.maps.front(), labels);
  with_logits(states, bypass, [&](View some, Index first) {
    rotary_.nll_of_logits(out.row_range(first, some.rows), some, labels.row_range(first, some.rows));
  });
}

void CausalNetwork::argmax(View out, View states, const Bypass& bypass) {
  if (!changes_head(bypass)) return ops_.argmax(out, states, weights_.head.maps.front());
  with_logits(states, bypass,
              [&](View some, Index first) { rotary_.argmax_of_logits(out.row_range(first, some.rows), some); });
}

}  // namespace lorasweep
