// SPDX-License-Identifier: Apache-2.0
// The spectrum of what a sweep found, and of adapters by themselves.
#pragma once

#include "data/results/spectrum.h"
#include "data/results/sweep_results.h"

#include <filesystem>
#include <vector>

namespace lorasweep {

enum class AnalysedSearches {
  best,  ///< of each task the one with the lowest objective
  all,   ///< every finished one
};

/// Of the searches' compositions and of the adapters that these draw, which are read where the run had them or, each
/// under its name, in `moved_to`. InputError that names an adapter that is gone or changed, and if nothing was found.
Spectrum spectrum_of_results(const SweepResults& results, AnalysedSearches searches,
                             const std::filesystem::path& moved_to = {});

/// Of adapters in directories of their own, in their order.
Spectrum spectrum_of_adapters(const std::vector<std::filesystem::path>& directories);

}  // namespace lorasweep
