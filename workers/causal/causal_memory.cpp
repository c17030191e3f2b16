// SPDX-License-Identifier: Apache-2.0
// Says which matrices the model makes and which operations the network calls; how much the operations keep for
// themselves, the ops know.
#include "workers/causal/causal_memory.h"

#include "workers/causal/key_value_caches.h"
#include "workers/causal/network.h"

#include <algorithm>

namespace lorasweep {
namespace {

std::size_t matrix(Index rows, Index cols, Element element) {
  return WorkspaceSize().matrix(0, element, rows, cols).bytes();
}

}  // namespace

Index CausalMemory::most_positions(const BatchShape& shape) { return shape.longest_source + shape.max_new_tokens; }

std::size_t CausalMemory::evaluation(const BatchShape& shape, Index members) const {
  const Index rows = (shape.source_rows + shape.target_rows) * members, labels = shape.target_rows * members;
  return CausalNetwork::workspace_size(config_, shape.activation, {.passed = rows, .to_head = labels}).bytes() +
         matrix(labels, config_.d_model, shape.activation) + matrix(rows, 1, Element::i32) +
         matrix(labels, 1, Element::i32) + matrix(labels, 1, Element::f64);
}

std::size_t CausalMemory::prediction(const BatchShape& shape, Index examples, Index rows_at_once) const {
  const Index prompts = shape.longest_source * examples;
  const Index at_once = std::min(std::max(rows_at_once, shape.longest_source), prompts);
  return CausalNetwork::workspace_size(config_, shape.activation,
                                       {.passed = at_once, .to_head = examples, .stepped = examples})
             .bytes() +
         matrix(examples, config_.d_model, shape.activation) + matrix(std::max(at_once, examples), 1, Element::i32) +
         KeyValueCaches::bytes(shape.activation, config_.layers, 2 * Index{config_.key_width()}, examples,
                               most_positions(shape));
}

WorkspaceSize CausalMemory::pass_scratch(const ScratchSizes& ops, const BatchShape& shape, Index rows, Index longest,
                                         Index to_head) const {
  const Index widest_input = std::max({config_.d_model, config_.query_width(), config_.d_ff});
  WorkspaceSize size = ops.lora_scratch({.rows = rows, .in = widest_input, .columns = shape.bypass_columns});
  size.also(ops.output_head_scratch({.rows = to_head, .vocabulary = config_.vocabulary}));
  if (const RotaryScratch* rotary = ops.rotary_scratch())
    size.also(rotary->grouped_attention_scratch({.rows = rows, .longest = longest, .groups = head_groups(config_)}));
  return size;
}

WorkspaceSize CausalMemory::evaluation_scratch(const ScratchSizes& ops, const BatchShape& shape, Index members) const {
  return pass_scratch(ops, shape, (shape.source_rows + shape.target_rows) * members,
                      shape.longest_source + shape.longest_target, shape.target_rows * members);
}

WorkspaceSize CausalMemory::prediction_scratch(const ScratchSizes& ops, const BatchShape& shape, Index examples,
                                               Index rows_at_once) const {
  const Index at_once =
      std::min(std::max(rows_at_once, shape.longest_source), shape.longest_source * std::max(examples, Index{1}));
  WorkspaceSize size = pass_scratch(ops, shape, std::max(at_once, examples), shape.longest_source, examples);
  if (const RotaryScratch* rotary = ops.rotary_scratch())
    size.also(rotary->grouped_step_scratch(
        {.rows = examples, .positions = most_positions(shape), .groups = head_groups(config_)}));
  return size;
}

}  // namespace lorasweep
