// SPDX-License-Identifier: Apache-2.0
#include "workers/engine/capacity.h"

#include "workers/engine/greedy_decoder.h"
#include "workers/lora/composer.h"
#include "workers/t5/network.h"
#include "workers/t5/workspace.h"

#include <algorithm>

namespace lorasweep {
namespace {

constexpr std::int64_t fewest_encoder_rows = 4096;
constexpr std::size_t smallest_reserve = std::size_t{256} << 20;

std::size_t matrix(std::int64_t rows, std::int64_t cols, std::int64_t element_bytes) {
  return Workspace::with_slack(static_cast<std::size_t>(rows * cols * element_bytes));
}

constexpr std::int64_t logits_at_once = 256;  // rows

// What a device's ops keep beside the engine (CudaOps::Scratch): of every decoder row and head the absorbed query in
// f32 and as an activation, the average of states, the scores and probabilities of a source, and a bypass; the bypass
// of every row; logits of some rows.
std::size_t ops_bytes(const BatchShape& shape, std::int64_t encoder_rows, std::int64_t decoder_rows) {
  const std::int64_t heads_of_rows = decoder_rows * shape.config.heads, activation = bytes_of(shape.activation);
  return matrix(heads_of_rows, shape.config.d_model, 4 + 2 * activation) +
         matrix(heads_of_rows, shape.longest_source, 4 + activation) +
         matrix(std::max(encoder_rows, heads_of_rows), shape.bypass_columns, 4) +
         matrix(logits_at_once, shape.config.vocabulary, 4);
}

// The largest n in [1, most] that `fits`, or 1.
template <typename Fits>
std::int32_t largest(std::int32_t most, Fits fits) {
  std::int32_t good = 1;
  for (std::int32_t step = most; step > 0; step /= 2)
    while (good + step <= most && fits(good + step)) good += step;
  return good;
}

}  // namespace

BatchShape batch_shape(const T5Config& config, Element activation, const std::vector<AdapterShape>& adapters,
                       Composition composition, const Catalogue& catalogue, std::int32_t max_new_tokens) {
  BatchShape shape{.config = config,
                   .activation = activation,
                   .max_new_tokens = std::min(max_new_tokens, std::int32_t{longest_sequence})};
  for (const Example& example : catalogue.examples)
    shape.longest_source = std::max(shape.longest_source, static_cast<std::int64_t>(example.source.size()));
  for (const auto& set : catalogue.example_sets) {
    std::int64_t source = 0, target = 0;
    for (const std::int32_t index : set) {
      source += static_cast<std::int64_t>(catalogue.examples.at(index).source.size());
      target += static_cast<std::int64_t>(catalogue.examples.at(index).target.size());
    }
    shape.source_rows = std::max(shape.source_rows, source);
    shape.target_rows = std::max(shape.target_rows, target);
  }
  const AdapterLibrary library(SiteGroups(config), adapters);
  for (const auto& set : catalogue.adapter_sets) {
    const FactorLayout layout = composed_layout(library, set, composition);
    shape.factors = std::max(shape.factors, layout.size);
    for (const FactorLayout::Group& group : layout.groups)
      shape.bypass_columns = std::max(shape.bypass_columns, group.columns);
  }
  return shape;
}

std::int64_t encoder_rows_at_once(std::int64_t source_rows_of_a_member, std::int32_t members) {
  return std::max(fewest_encoder_rows, source_rows_of_a_member * members);
}

std::size_t evaluation_bytes(const BatchShape& shape, std::int32_t members) {
  const std::int64_t sources = shape.source_rows * members, targets = shape.target_rows * members;
  return T5Network::workspace_bytes(shape.config, shape.activation, {.encoder = sources, .decoder = targets}) +
         matrix(sources, shape.config.d_model, bytes_of(shape.activation)) + matrix(sources, 1, 4) +
         2 * matrix(targets, 1, 4) + matrix(targets, 1, 8) +
         static_cast<std::size_t>(shape.factors) * members * sizeof(float);
}

std::size_t prediction_bytes(const BatchShape& shape, std::int32_t members, std::int32_t examples,
                             std::int64_t encoder_rows) {
  const std::int64_t sources = shape.longest_source * examples;
  const std::int64_t at_once = std::min(std::max(encoder_rows, shape.longest_source), sources);
  const auto layers = static_cast<std::size_t>(shape.config.decoder_layers);
  const std::size_t shortest = GreedyDecoder::first_capacity,
                    position = sizeof(float) * 2 * shape.config.inner() * examples;
  const auto longest = static_cast<std::size_t>(shape.max_new_tokens);
  // caches for short answers are kept beside those for long ones; while these grow, one layer has its old one too
  const std::size_t caches = position * (layers * shortest + (longest > shortest ? (layers + 1) * longest : 0));
  return T5Network::workspace_bytes(shape.config, shape.activation, {.encoder = at_once, .decoder = examples}) +
         matrix(sources, shape.config.d_model, bytes_of(shape.activation)) +
         matrix(std::max<std::int64_t>(at_once, examples), 1, 4) + matrix(examples, 1, 4) + caches +
         static_cast<std::size_t>(shape.factors) * members * sizeof(float);
}

WorkerCapacity fitting_capacity(const BatchShape& shape, std::optional<std::size_t> free_memory) {
  if (!free_memory) return {.members = 1, .predictions = 32};
  const std::size_t reserve = std::max(smallest_reserve, *free_memory / 10);
  const std::size_t budget = *free_memory > reserve ? *free_memory - reserve : 0;
  const auto evaluation = [&](std::int32_t members) {
    return evaluation_bytes(shape, members) +
           ops_bytes(shape, shape.source_rows * members, shape.target_rows * members);
  };
  // Half for evaluations, then predictions may have what is left: both are held, for a worker's work alternates. The
  // factors of so many members are the same memory for both.
  const std::int32_t members = largest(most_members, [&](std::int32_t n) { return evaluation(n) <= budget / 2; });
  const std::int64_t encoder_rows = encoder_rows_at_once(shape.source_rows, members);
  const std::int32_t predictions = largest(most_predictions, [&](std::int32_t n) {
    return evaluation(members) + prediction_bytes(shape, 0, n, encoder_rows) + ops_bytes(shape, encoder_rows, n) <=
           budget;
  });
  return {.members = members, .predictions = predictions};
}

}  // namespace lorasweep
