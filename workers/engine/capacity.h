// SPDX-License-Identifier: Apache-2.0
// How much work a device's memory takes at a time.
//
// What the engine holds, in rows: Rs and Rt are the source and target rows of an evaluation, N the examples of a
// prediction, C the encoder's rows at once, d = d_model, i = heads * d_kv, f = d_ff, a = bytes of an activation, T =
// the most tokens of an answer.
//   network (both kinds of work use the same matrices; R the larger of encoder and decoder rows)
//     residual 4 R d, normed a R d, projected 12 R i, context a R i, hidden 8 R f (relu: 4), active a R f, query 4 Rt
//     i, output a Rt d
//   evaluation   states a Rs d, ids 4 (Rs + 2 Rt), losses 8 Rt;  factors 4 P D, D the floats of the widest composition
//   prediction   states a (all source rows) d, ids 4 max(C, N), answers 4 N;  caches 8 N i (16 L + (L + 1) T);  factors
//   4 P D
// Matrices of a workspace are a quarter larger than they need to be (Workspace::with_slack); factors and caches are
// not.
#pragma once

#include "data/model/t5_config.h"
#include "workers/lora/adapter_library.h"
#include "workers/work/channel.h"
#include "workers/work/work.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace lorasweep {

/// What decides the size of a sweep's batches.
struct BatchShape {
  T5Config config;
  Element activation = Element::f32;
  std::int64_t source_rows = 0, target_rows = 0;  ///< of the largest example set: one member
  std::int64_t longest_source = 0;                ///< of any example
  std::int64_t factors = 0;                       ///< floats of the widest composition
  int bypass_columns = 0;                         ///< of its widest group of sites: ranks side by side
  std::int32_t max_new_tokens = 256;
};

BatchShape batch_shape(const T5Config& config, Element activation, const std::vector<AdapterShape>& adapters,
                       Composition composition, const Catalogue& catalogue, std::int32_t max_new_tokens);

/// Rows that a prediction encodes at a time: as many as an evaluation has anyway, so that it needs no larger matrices,
/// and never so few that products of the network become flat.
std::int64_t encoder_rows_at_once(std::int64_t source_rows_of_a_member, std::int32_t members);

/// Bytes of the engine's matrices for evaluations of so many members, and for predictions of so many examples of so
/// many members whose answers become as long as they may.
std::size_t evaluation_bytes(const BatchShape& shape, std::int32_t members);
std::size_t prediction_bytes(const BatchShape& shape, std::int32_t members, std::int32_t examples,
                             std::int64_t encoder_rows);

/// Bounds: beyond 64 members a device gains nothing, and beyond 4096 rows neither does a decoding step.
inline constexpr std::int32_t most_members = 64, most_predictions = 4096;

/// The largest units that fit into `free_memory` (Ops::free_memory(), once the images are there), at least one member
/// and one example; a tenth of it, and at least 256 MiB, stays free for the libraries and for the gaps between
/// allocations. Without a number: a CPU's, which gains nothing from a second member.
WorkerCapacity fitting_capacity(const BatchShape& shape, std::optional<std::size_t> free_memory);

}  // namespace lorasweep
