// SPDX-License-Identifier: Apache-2.0
// Which adapters each search of a run has: drawn before it began, or chosen by what its journal says.
#pragma once

#include "data/journal/record.h"
#include "pipeline/manifest/manifest.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace lorasweep {

/// Indices into the manifest's adapters, in the order of a search's weights; empty where the screen that chooses them
/// is not complete. `records` are checked (run_checks.h).
std::vector<std::vector<std::int32_t>> adapters_of_searches(const Manifest& manifest, std::span<const Record> records);

/// Of which adapters the best single one of a search is, in the library's order: of all where the library is screened,
/// of its own otherwise.
std::vector<std::int32_t> single_candidates(const RunConfig& config, std::size_t library,
                                            const std::vector<std::int32_t>& adapters_of_search);
/// Whether these are tried alone.
bool tries_singles(const RunConfig& config);

}  // namespace lorasweep
