// SPDX-License-Identifier: Apache-2.0
// How large a sweep's results file will be, before anything is computed.
#pragma once

#include "pipeline/plan/inputs.h"
#include "pipeline/plan/plan.h"

#include <cstddef>
#include <cstdint>

namespace lorasweep {

struct ResultsSize {
  std::uint64_t tables = 0;    ///< bytes of all but the composed adapters: an estimate
  std::uint64_t composed = 0;  ///< bytes of the composed adapters, or the most that they can be where a screen chooses
  std::size_t adapters = 0;    ///< that are composed
};

ResultsSize results_size(const RunConfig& config, const SweepInputs& inputs, const Plan& plan);

}  // namespace lorasweep
