// SPDX-License-Identifier: Apache-2.0
#include "workers/t5/t5_memory.h"

#include "workers/network/decoder_caches.h"
#include "workers/network/workspace.h"
#include "workers/t5/network.h"

#include <algorithm>

namespace lorasweep {
namespace {

std::size_t matrix(std::int64_t rows, std::int64_t cols, std::int64_t element_bytes) {
  return Workspace::with_slack(static_cast<std::size_t>(rows * cols * element_bytes));
}

constexpr std::int64_t logits_at_once = 256;  // rows

}  // namespace

std::size_t T5Memory::evaluation(const BatchShape& shape, std::int32_t members) const {
  const std::int64_t sources = shape.source_rows * members, targets = shape.target_rows * members;
  return T5Network::workspace_bytes(config_, shape.activation, {.encoder = sources, .decoder = targets}) +
         matrix(sources, config_.d_model, bytes_of(shape.activation)) + matrix(sources, 1, 4) +
         2 * matrix(targets, 1, 4) + matrix(targets, 1, 8);
}

std::size_t T5Memory::prediction(const BatchShape& shape, std::int32_t examples, std::int64_t rows_at_once) const {
  const std::int64_t sources = shape.longest_source * examples;
  const std::int64_t at_once = std::min(std::max(rows_at_once, shape.longest_source), sources);
  return T5Network::workspace_bytes(config_, shape.activation, {.encoder = at_once, .decoder = examples}) +
         matrix(sources, config_.d_model, bytes_of(shape.activation)) +
         matrix(std::max<std::int64_t>(at_once, examples), 1, 4) +
         DecoderCaches::bytes(config_.decoder_layers, 2 * config_.inner(), examples, shape.max_new_tokens);
}

// CudaOps::Scratch: of every decoder row and head the absorbed query in f32 and as an activation, the average of
// states, the scores and probabilities of a source, and a bypass; the bypass of every row; logits of some rows.
std::size_t T5Memory::scratch(const BatchShape& shape, std::int64_t encoder_rows, std::int64_t decoder_rows) const {
  const std::int64_t heads_of_rows = decoder_rows * config_.heads, activation = bytes_of(shape.activation);
  return matrix(heads_of_rows, config_.d_model, 4 + 2 * activation) +
         matrix(heads_of_rows, shape.longest_source, 4 + activation) +
         matrix(std::max(encoder_rows, heads_of_rows), shape.bypass_columns, 4) +
         matrix(logits_at_once, config_.vocabulary, 4);
}

std::size_t T5Memory::evaluation_scratch(const BatchShape& shape, std::int32_t members) const {
  return scratch(shape, shape.source_rows * members, shape.target_rows * members);
}
std::size_t T5Memory::prediction_scratch(const BatchShape& shape, std::int32_t examples,
                                         std::int64_t rows_at_once) const {
  return scratch(shape, rows_at_once, examples);
}

}  // namespace lorasweep
