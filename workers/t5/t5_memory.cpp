// SPDX-License-Identifier: Apache-2.0
// Says which matrices the model makes and which operations the network calls; how much the operations keep for
// themselves, the ops know.
#include "workers/t5/t5_memory.h"

#include "workers/network/decoder_caches.h"
#include "workers/t5/network.h"

#include <algorithm>

namespace lorasweep {
namespace {

std::size_t matrix(Index rows, Index cols, Element element) {
  return WorkspaceSize().matrix(0, element, rows, cols).bytes();
}

}  // namespace

std::size_t T5Memory::evaluation(const BatchShape& shape, Index members) const {
  const Index sources = shape.source_rows * members, targets = shape.target_rows * members;
  return T5Network::workspace_size(config_, shape.activation, {.encoder = sources, .decoder = targets}).bytes() +
         matrix(sources, config_.d_model, shape.activation) + matrix(sources, 1, Element::i32) +
         2 * matrix(targets, 1, Element::i32) + matrix(targets, 1, Element::f64);
}

std::size_t T5Memory::prediction(const BatchShape& shape, Index examples, Index rows_at_once) const {
  const Index sources = shape.longest_source * examples;
  const Index at_once = std::min(std::max(rows_at_once, shape.longest_source), sources);
  return T5Network::workspace_size(config_, shape.activation, {.encoder = at_once, .decoder = examples}).bytes() +
         matrix(sources, config_.d_model, shape.activation) + matrix(std::max(at_once, examples), 1, Element::i32) +
         DecoderCaches::bytes(config_.decoder_layers, 2 * config_.inner(), examples, shape.max_new_tokens);
}

WorkspaceSize T5Memory::bypass_scratch(const ScratchSizes& ops, const BatchShape& shape, Index rows) const {
  const Index widest_input = std::max({config_.d_model, config_.inner(), config_.d_ff});
  return ops.lora_scratch({.rows = rows, .in = widest_input, .columns = shape.bypass_columns});
}

WorkspaceSize T5Memory::encoder_scratch(const ScratchSizes& ops, const BatchShape& shape, Index rows) const {
  return bypass_scratch(ops, shape, rows)
      .also(ops.attention_scratch(
          {.rows = rows, .longest = shape.longest_source, .heads = config_.heads, .width = config_.d_kv}));
}

WorkspaceSize T5Memory::decoder_scratch(const ScratchSizes& ops, const BatchShape& shape, Index rows,
                                        Index longest_target) const {
  return bypass_scratch(ops, shape, rows)
      .also(ops.cross_attention_scratch({.rows = rows,
                                         .longest_target = longest_target,
                                         .longest_source = shape.longest_source,
                                         .heads = config_.heads,
                                         .width = config_.d_kv,
                                         .states = config_.d_model,
                                         .rank = shape.bypass_columns}))
      .also(ops.output_head_scratch({.rows = rows, .vocabulary = config_.vocabulary}));
}

WorkspaceSize T5Memory::evaluation_scratch(const ScratchSizes& ops, const BatchShape& shape, Index members) const {
  const Index targets = shape.target_rows * members;
  return encoder_scratch(ops, shape, shape.source_rows * members)
      .also(decoder_scratch(ops, shape, targets, shape.longest_target))
      .also(ops.attention_scratch(
          {.rows = targets, .longest = shape.longest_target, .heads = config_.heads, .width = config_.d_kv}));
}

WorkspaceSize T5Memory::prediction_scratch(const ScratchSizes& ops, const BatchShape& shape, Index examples,
                                           Index rows_at_once) const {
  return encoder_scratch(ops, shape, std::max(rows_at_once, shape.longest_source))
      .also(decoder_scratch(ops, shape, examples, 1))
      .also(ops.cached_attention_scratch(
          {.rows = examples, .positions = shape.max_new_tokens, .heads = config_.heads, .width = config_.d_kv}));
}

}  // namespace lorasweep
