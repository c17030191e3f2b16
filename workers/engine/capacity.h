// SPDX-License-Identifier: Apache-2.0
// How much work a device's memory takes at a time: what the model holds (ModelMemory), what the ops keep for themselves
// (ScratchSizes), and 4 P D bytes of composed factors, D the floats of the widest composition and P the members.
#pragma once

#include "workers/language_model.h"
#include "workers/work/channel.h"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace lorasweep {

/// Rows of prompts that a prediction takes through the network at a time: as many as an evaluation has anyway, so that
/// it needs no larger matrices, and never so few that products of the network become flat.
Index prompt_rows_at_once(Index source_rows_of_a_member, Index members);

/// Bytes of the engine's matrices: for evaluations of this number of members; for predictions of this number of
/// examples and members, with answers as long as they may become.
std::size_t evaluation_bytes(const ModelMemory& memory, const BatchShape& shape, Index members);
std::size_t prediction_bytes(const ModelMemory& memory, const BatchShape& shape, Index members, Index examples,
                             Index rows_at_once);

/// What the ops keep for themselves in either.
WorkspaceSize evaluation_scratch(const ModelMemory& memory, const ScratchSizes& ops, const BatchShape& shape,
                                 Index members);
WorkspaceSize prediction_scratch(const ModelMemory& memory, const ScratchSizes& ops, const BatchShape& shape,
                                 Index members, Index examples, Index rows_at_once);

/// Bounds: beyond 64 members a device gains nothing, and beyond 4096 rows neither does a decoding step.
inline constexpr std::int32_t most_members = 64, most_predictions = 4096;

/// The largest units that fit into `free_memory` (Ops::free_memory(), once the images are there), at least one member
/// and one example; a tenth of it, and at least 256 MiB, stays free for the libraries and for the gaps between
/// allocations. Without a number: a CPU's, which gains nothing from a second member.
WorkerCapacity fitting_capacity(const ModelMemory& memory, const ScratchSizes& ops, const BatchShape& shape,
                                std::optional<std::size_t> free_memory);

}  // namespace lorasweep
