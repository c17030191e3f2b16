// SPDX-License-Identifier: Apache-2.0
// How fast one worker of a machine is: what a probe measures, and what a user may carry to another machine.
#pragma once

#include "pipeline/cost/sweep_effort.h"

#include <string>
#include <string_view>

namespace lorasweep {

/// Seconds that a standard second (effort.h) takes, by phase.
struct PhaseRates {
  double evaluations = 1, prompts = 1, steps = 1;
  double seconds(const PhasedEffort& effort) const;
  bool operator==(const PhaseRates&) const = default;
};

/// Seconds a byte of files, from the page cache, on one core.
struct StartRates {
  double base = 3e-9;      ///< digested, read, packed
  double adapter = 12e-9;  ///< read, digested, laid out
};

/// "38.1,30.5,12": billions of multiply-adds a second in evaluations, in the prompts of answers, in their steps. One
/// number counts for all three.
std::string written(const PhaseRates& rates);
/// ConfigError, naming `option`, for anything else.
PhaseRates read_rates(std::string_view text, const std::string& option);

}  // namespace lorasweep
