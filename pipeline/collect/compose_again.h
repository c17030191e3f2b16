// SPDX-License-Identifier: Apache-2.0
// Composed adapters that a results file does not hold.
#pragma once

#include "data/results/sweep_results.h"
#include "pipeline/collect/compose_found.h"

#include <filesystem>
#include <vector>

namespace lorasweep {

/// Of every finished search that `results.composed` lacks, from the adapters at their recorded places or, each under
/// its name, in `moved_to`, unless that is empty. InputError that names every adapter that is gone or changed, and for
/// a file whose provenance does not say what was composed of.
std::vector<ComposedModel> compose_again(const SweepResults& results, const std::filesystem::path& moved_to = {});

/// What the searches of a results file composed of, by its provenance and its table of adapters. InputError for a file
/// whose provenance does not say it.
RecordedLibrary recorded_library(const SweepResults& results, const std::filesystem::path& moved_to = {});

/// How many finished searches the file holds no composed adapter of.
std::size_t not_held(const SweepResults& results);

}  // namespace lorasweep
