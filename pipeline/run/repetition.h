// SPDX-License-Identifier: Apache-2.0
// A continued run first repeats some of its recorded evaluations: only workers that get the same bits may add to it.
#pragma once

#include "data/journal/record.h"
#include "pipeline/plan/plan.h"
#include "workers/engine/engine.h"
#include "workers/work/order.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace lorasweep {

/// An evaluation of the journal as work, and what came of it.
struct RecordedEvaluation {
  std::string name;  ///< "evaluation 3 of search 5 (task truth_checking, seed 2)"
  Member member;
  std::vector<double> nll;
};

/// At most this many are taken: the last one, the first one, others between them.
inline constexpr std::size_t most_repeated = 8;

/// Of searches, and trials but ablations. `records` must fit the plan; `rows`: of the resident library, for each search
/// in the order of its weights, none where its adapters are not known yet. Empty: nothing was evaluated yet.
std::vector<RecordedEvaluation> evaluations_to_repeat(std::span<const Record> records, const Plan& plan,
                                                      std::span<const std::vector<std::int32_t>> rows);

/// The order that all workers get; each of them does one member of it.
Order repetition(std::span<const RecordedEvaluation> evaluations);
/// A worker's part of it, `worker` counted from 0: the report's unit says which member. A failure is the outcome.
Report repeat_one(Engine& engine, const Order& order, std::size_t worker);

struct Repeated {
  std::string where;  ///< who computed it: "rank 3 on n2"
  Report report;
};
/// InputError naming the journal, the evaluation, the worker and both values where bits differ. Failures are
/// ignored here: a worker that fails reports it itself.
void require_recorded_bits(std::span<const RecordedEvaluation> evaluations, std::span<const Repeated> repeated,
                           const std::string& journal);

}  // namespace lorasweep
