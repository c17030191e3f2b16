// SPDX-License-Identifier: Apache-2.0
// Measures one worker of this machine at a sweep's own work for some seconds: its model, some of its adapters, some of
// its examples.
#pragma once

#include "pipeline/config/config.h"
#include "pipeline/cost/rates.h"
#include "pipeline/cost/sweep_effort.h"
#include "pipeline/plan/inputs.h"
#include "pipeline/plan/plan.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

namespace lorasweep {

/// Tokens of answers to examples (indices into the catalogue), of composed adapters or of the base model.
using SeenLengths = std::map<std::pair<std::int32_t, bool>, double>;

struct Probed {
  PhaseRates rates;
  StartRates start;
  SeenLengths lengths;
  std::size_t evaluations = 0, answers = 0;  ///< that were made
  std::size_t cut = 0;                       ///< answers that there was no time to end
  double seconds = 0;                        ///< that it took, from reading the weights on
  double crowding = 1;  ///< wall time for each second of CPU time: more than 1 where others compute, too
};

/// Takes about `seconds`, beside reading the base model and the adapters of one search, and never less than a loss and
/// an answer take. CPU time counts where a worker has one thread, else wall time. ConfigError where the sweep is to run
/// on CUDA devices, which it does not measure. InputError as the start of a run has it.
Probed probe(const RunConfig& config, const SweepInputs& inputs, const Plan& plan, double seconds);

/// Of what was seen as it was; of the rest of a task's answers as those of the same task and kind, one after the other;
/// of a task of which none was seen as all of the kind; and where there is nothing of a kind, as the targets are.
AnswerLength expected_lengths(const SeenLengths& seen, const Plan& plan, int max_new_tokens);

}  // namespace lorasweep
