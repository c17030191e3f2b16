// SPDX-License-Identifier: Apache-2.0
#include "workers/engine/capacity.h"

#include "workers/network/workspace.h"

#include <algorithm>

namespace lorasweep {
namespace {

constexpr std::int64_t fewest_prompt_rows = 4096;
constexpr std::size_t smallest_reserve = std::size_t{256} << 20;

std::size_t factor_bytes(const BatchShape& shape, std::int32_t members) {
  return static_cast<std::size_t>(shape.factors) * members * sizeof(float);
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

std::int64_t prompt_rows_at_once(std::int64_t source_rows_of_a_member, std::int32_t members) {
  return std::max(fewest_prompt_rows, source_rows_of_a_member * members);
}

std::size_t evaluation_bytes(const ModelMemory& memory, const BatchShape& shape, std::int32_t members) {
  return memory.evaluation(shape, members) + factor_bytes(shape, members);
}

std::size_t prediction_bytes(const ModelMemory& memory, const BatchShape& shape, std::int32_t members,
                             std::int32_t examples, std::int64_t rows_at_once) {
  constexpr std::int64_t id_bytes = 4;  // of the token that each step chooses
  return memory.prediction(shape, examples, rows_at_once) +
         Workspace::with_slack(static_cast<std::size_t>(examples * id_bytes)) + factor_bytes(shape, members);
}

WorkerCapacity fitting_capacity(const ModelMemory& memory, const BatchShape& shape,
                                std::optional<std::size_t> free_memory) {
  if (!free_memory) return {.members = 1, .predictions = 32};
  const std::size_t reserve = std::max(smallest_reserve, *free_memory / 10);
  const std::size_t budget = *free_memory > reserve ? *free_memory - reserve : 0;
  const auto evaluation = [&](std::int32_t members) {
    return evaluation_bytes(memory, shape, members) + memory.evaluation_scratch(shape, members);
  };
  // Half for evaluations, then predictions may have what is left: both are held, for a worker's work alternates. The
  // factors of so many members are the same memory for both.
  const std::int32_t members = largest(most_members, [&](std::int32_t n) { return evaluation(n) <= budget / 2; });
  const std::int64_t rows_at_once = prompt_rows_at_once(shape.source_rows, members);
  const std::int32_t predictions = largest(most_predictions, [&](std::int32_t n) {
    return evaluation(members) + prediction_bytes(memory, shape, 0, n, rows_at_once) +
               memory.prediction_scratch(shape, n, rows_at_once) <=
           budget;
  });
  return {.members = members, .predictions = predictions};
}

}  // namespace lorasweep
