// SPDX-License-Identifier: Apache-2.0
// What of a budget is left to a search.
#pragma once

#include "pipeline/config/config.h"

#include <cstddef>

namespace lorasweep {

/// Whether a search's adapters are chosen by trying each of the library alone.
bool is_screened(const RunConfig& config);

/// Adapters of a search where the configuration counts them (adapters.select = random or screened): adapters.count for
/// each round.
std::size_t counted_adapters(const RunConfig& config);

/// Evaluations of one search over a library of this size: search.budget, without those of its screen.
std::size_t search_budget(const RunConfig& config, std::size_t library);

/// ConfigError if there are fewer adapters than a screen is to choose, or if a screen of a library of this size leaves
/// less than the base model and one evaluation an adapter, naming the smallest budget that does.
void require_budget(const RunConfig& config, std::size_t library);

}  // namespace lorasweep
