// SPDX-License-Identifier: Apache-2.0
// A screen as a table for people: a row for every adapter alone on every task's shots.
#pragma once

#include "data/results/sweep_results.h"

#include <string>

namespace lorasweep {

/// CSV with the columns task, adapter, loss, nll_0, nll_1, ..., and shot_seed where shots were drawn several times.
/// Rows by task and loss, the lowest first, equal ones in the library's order; what is not known or not finite is last,
/// and empty where it is not a number. Nothing but the columns' names where there is no screen.
std::string screen_csv(const SweepResults& results);

}  // namespace lorasweep
