// SPDX-License-Identifier: Apache-2.0
// Results of a sweep that is finished, or still runs.
#pragma once

#include "data/results/spectrum.h"
#include "data/results/sweep_results.h"
#include "pipeline/config/config.h"

#include <filesystem>
#include <optional>

namespace lorasweep {

/// `place`: a results file; a journal; or a run directory, whose results file is read if it is there and the run is
/// complete, and whose journal otherwise. Of a journal everything is there but composed adapters, and texts where they
/// are not wanted: they are read from the tasks again. InputError for what is none of these, or is damaged.
SweepResults open_results(const std::filesystem::path& place, TextsKept texts = TextsKept::all);

/// The spectrum in the results file that open_results() reads there, if it has one; nothing for a journal. `results`
/// are those of the place.
std::optional<Spectrum> open_spectrum(const std::filesystem::path& place, const SweepResults& results);

}  // namespace lorasweep
