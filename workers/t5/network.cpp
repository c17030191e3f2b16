// SPDX-License-Identifier: Apache-2.0
// The encoder and the decoder, layer by layer.
#include "workers/t5/network.h"

#include "data/core/error.h"

#include <algorithm>
#include <utility>

namespace lorasweep {
namespace {

Activation activation_of(FeedForward feed_forward) {
  switch (feed_forward) {
    case FeedForward::relu: return Activation::relu;
    case FeedForward::gated_gelu: return Activation::gated_gelu;
    case FeedForward::gated_silu: return Activation::gated_silu;
  }
  throw InternalError("a feed-forward part of an unknown kind");
}

}  // namespace

T5Network::T5Network(Ops& ops, const T5Config& config, T5Weights weights)
    : ops_(ops), config_(config), weights_(std::move(weights)), workspace_(ops) {}

// Every intermediate matrix of encode() and decoder_stack(), once. Both stacks use the same slots, one after the other.
std::vector<T5Network::Matrix> T5Network::matrices(const T5Config& config, Element activation, NetworkRows rows) {
  const Index both = std::max(rows.encoder, rows.decoder), inner = config.inner(), d = config.d_model, ff = config.d_ff;
  const Index hidden = config.gated() ? 2 * ff : ff;
  return {{Slot::residual, Element::f32, both, d},          {Slot::normed, activation, both, d},
          {Slot::projected, Element::f32, both, 3 * inner}, {Slot::context, activation, both, inner},
          {Slot::hidden, Element::f32, both, hidden},       {Slot::active, activation, both, ff},
          {Slot::query, Element::f32, rows.decoder, inner}, {Slot::output, activation, rows.decoder, d}};
}

void T5Network::reserve(NetworkRows rows) {
  for (const Matrix& matrix : matrices(config_, ops_.activation(), rows))
    slot(matrix.slot, matrix.element, matrix.rows, matrix.cols);
}

WorkspaceSize T5Network::workspace_size(const T5Config& config, Element activation, NetworkRows rows) {
  WorkspaceSize size;
  for (const Matrix& matrix : matrices(config, activation, rows))
    size.matrix(matrix.slot, matrix.element, matrix.rows, matrix.cols);
  return size;
}

void T5Network::project(View y, View x, const BoundPart& part, Accumulate accumulate, const Bypass& bypass) {
  ops_.linear(y, x, part.maps.front(), accumulate);
  if (bypass.factors != nullptr) ops_.lora(y, x, bypass.factors->blocks(part.number, bypass.rows));
}

View T5Network::normalized(View residual, View gain) {
  const View out = slot(Slot::normed, ops_.activation(), residual.rows, residual.cols);
  ops_.rms_norm(out, residual, gain, config_.norm_epsilon);
  return out;
}

void T5Network::feed_forward(View residual, const LayerWeights& weights, const Bypass& bypass) {
  const View normed = normalized(residual, weights.ff_norm);
  const View hidden = slot(Slot::hidden, Element::f32, residual.rows, weights.ff_in.maps.front().out);
  project(hidden, normed, weights.ff_in, Accumulate::no, bypass);
  const View active = slot(Slot::active, ops_.activation(), residual.rows, config_.d_ff);
  ops_.activate(active, hidden, activation_of(config_.feed_forward));
  project(residual, active, weights.ff_out, Accumulate::yes, bypass);
}

void T5Network::cross_attend(View residual, const LayerWeights& weights, const Sequences& targets,
                             const EncodedSources& sources, const Bypass& bypass) {
  const Index inner = config_.inner();
  const View normed = normalized(residual, weights.cross_norm);
  const View query = slot(Slot::query, Element::f32, residual.rows, inner);
  project(query, normed, weights.cross.q, Accumulate::no, bypass);
  std::vector<LoraBlock> key, value;
  if (bypass.factors != nullptr) {
    key = bypass.factors->blocks(weights.cross.key, bypass.rows);
    value = bypass.factors->blocks(weights.cross.value, bypass.rows);
  }
  const View context = slot(Slot::context, ops_.activation(), residual.rows, inner);
  ops_.cross_attention(context, query, sources.states, targets, *sources.sources, sources.source_of,
                       weights.cross.source, key, value);
  project(residual, context, weights.cross.o, Accumulate::yes, bypass);
}

void T5Network::encode(View states, View ids, const Sequences& sources, const Bypass& bypass) {
  const Index d = config_.d_model, inner = config_.inner();
  const View residual = slot(Slot::residual, Element::f32, ids.rows, d);
  ops_.embed(residual, weights_.embedding, ids);
  for (int layer = 0; layer < config_.encoder_layers; ++layer) {
    const LayerWeights& weights = weights_.encoder.layers[layer];
    const View normed = normalized(residual, weights.self_norm);
    const View qkv = slot(Slot::projected, Element::f32, ids.rows, 3 * inner);
    project(qkv, normed, weights.self.qkv, Accumulate::no, bypass);
    const View context = slot(Slot::context, ops_.activation(), ids.rows, inner);
    ops_.attention(context, qkv.columns(0, inner), qkv.columns(inner, inner), qkv.columns(2 * inner, inner), sources,
                   config_.heads, weights_.encoder.bias, Mask::none);
    project(residual, context, weights.self.o, Accumulate::yes, bypass);
    feed_forward(residual, weights, bypass);
  }
  ops_.rms_norm(states, residual, weights_.encoder.final_norm, config_.norm_epsilon);
}

View T5Network::decoder_stack(View ids, const Sequences& targets, const EncodedSources& sources, const Bypass& bypass,
                              const SelfAttention& attend) {
  const Index d = config_.d_model, inner = config_.inner();
  const View residual = slot(Slot::residual, Element::f32, ids.rows, d);
  ops_.embed(residual, weights_.embedding, ids);
  for (int layer = 0; layer < config_.decoder_layers; ++layer) {
    const LayerWeights& weights = weights_.decoder.layers[layer];
    const View normed = normalized(residual, weights.self_norm);
    const View qkv = slot(Slot::projected, Element::f32, ids.rows, 3 * inner);
    project(qkv, normed, weights.self.qkv, Accumulate::no, bypass);
    const View context = slot(Slot::context, ops_.activation(), ids.rows, inner);
    attend(context, qkv, layer);
    project(residual, context, weights.self.o, Accumulate::yes, bypass);
    cross_attend(residual, weights, targets, sources, bypass);
    feed_forward(residual, weights, bypass);
  }
  const View out = slot(Slot::output, ops_.activation(), ids.rows, d);
  ops_.rms_norm(out, residual, weights_.decoder.final_norm, config_.norm_epsilon);
  return out;
}

View T5Network::decode(View ids, const Sequences& targets, const EncodedSources& sources, const Bypass& bypass) {
  const Index inner = config_.inner();
  return decoder_stack(ids, targets, sources, bypass, [&](View context, View qkv, Index) {
    ops_.attention(context, qkv.columns(0, inner), qkv.columns(inner, inner), qkv.columns(2 * inner, inner), targets,
                   config_.heads, weights_.decoder.bias, Mask::causal);
  });
}

View T5Network::decode_step(View ids, std::span<const DecoderCache> caches, std::span<const Index> slots,
                            std::span<const Index> positions, const EncodedSources& sources, const Bypass& bypass) {
  Sequences rows;  // one position of each sequence
  for (Index i = 1; i <= ids.rows; ++i) rows.offsets.push_back(i);
  return decoder_stack(ids, rows, sources, bypass, [&](View context, View qkv, Index layer) {
    ops_.cached_attention(context, qkv, caches[layer], slots, positions, config_.heads, weights_.decoder.bias);
  });
}

}  // namespace lorasweep
