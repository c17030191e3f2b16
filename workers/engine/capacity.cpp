// SPDX-License-Identifier: Apache-2.0
// Adds up what a batch of a size takes, and looks for the largest size that fits.
#include "workers/engine/capacity.h"

#include <algorithm>

namespace lorasweep {
namespace {

constexpr Index fewest_prompt_rows = 4096;
constexpr std::size_t smallest_reserve = std::size_t{256} << 20;

std::size_t factor_bytes(const BatchShape& shape, Index members) { return shape.factors * members * sizeof(float); }

WorkspaceSize composition_scratch(const ScratchSizes& ops, const BatchShape& shape, Index members) {
  return Composer::scratch(ops, shape.composition, {.members = members, .adapters = shape.adapters});
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

Index prompt_rows_at_once(Index source_rows_of_a_member, Index members) {
  return std::max(fewest_prompt_rows, source_rows_of_a_member * members);
}

std::size_t evaluation_bytes(const ModelMemory& memory, const BatchShape& shape, Index members) {
  return memory.evaluation(shape, members) + factor_bytes(shape, members);
}

std::size_t prediction_bytes(const ModelMemory& memory, const BatchShape& shape, Index members, Index examples,
                             Index rows_at_once) {
  // and the ids of the tokens that each step chooses
  return memory.prediction(shape, examples, rows_at_once) +
         WorkspaceSize().matrix(0, Element::i32, examples, 1).bytes() + factor_bytes(shape, members);
}

WorkspaceSize evaluation_scratch(const ModelMemory& memory, const ScratchSizes& ops, const BatchShape& shape,
                                 Index members) {
  return memory.evaluation_scratch(ops, shape, members).also(composition_scratch(ops, shape, members));
}

WorkspaceSize prediction_scratch(const ModelMemory& memory, const ScratchSizes& ops, const BatchShape& shape,
                                 Index members, Index examples, Index rows_at_once) {
  return memory.prediction_scratch(ops, shape, examples, rows_at_once).also(composition_scratch(ops, shape, members));
}

WorkerCapacity fitting_capacity(const ModelMemory& memory, const ScratchSizes& ops, const BatchShape& shape,
                                std::optional<std::size_t> free_memory) {
  if (!free_memory) return {.members = 1, .predictions = 32};
  const std::size_t reserve = std::max(smallest_reserve, *free_memory / 10);
  const std::size_t budget = *free_memory > reserve ? *free_memory - reserve : 0;
  // Half for evaluations, then predictions may have what is left: both are held, because a worker's work alternates.
  // The members' factors are the same memory for both, and so is what the ops keep.
  const std::int32_t members = largest(most_members, [&](std::int32_t n) {
    return evaluation_bytes(memory, shape, n) + evaluation_scratch(memory, ops, shape, n).bytes() <= budget / 2;
  });
  const Index rows_at_once = prompt_rows_at_once(shape.source_rows, members);
  const std::size_t evaluation = evaluation_bytes(memory, shape, members);
  const WorkspaceSize scratch = evaluation_scratch(memory, ops, shape, members);
  const std::int32_t predictions = largest(most_predictions, [&](std::int32_t n) {
    WorkspaceSize both = prediction_scratch(memory, ops, shape, members, n, rows_at_once);
    return evaluation + prediction_bytes(memory, shape, 0, n, rows_at_once) + both.also(scratch).bytes() <= budget;
  });
  return {.members = members, .predictions = predictions};
}

}  // namespace lorasweep
