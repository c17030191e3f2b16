// SPDX-License-Identifier: Apache-2.0
// The spectrum in a results file.
#pragma once

#include "data/results/results_writer.h"
#include "data/results/spectrum.h"
#include "data/results/sweep_results.h"

#include <filesystem>
#include <optional>

namespace lorasweep {

/// write_results(), and the spectrum in the same file, which does not change its content_sha256. InternalError if the
/// spectrum is not of these results.
void write_results_with_spectrum(const SweepResults& results, Spectrum spectrum, const std::filesystem::path& path,
                                 const ReadBack& read_back = read_back_here);

/// Of the results file from which `results` were read; nothing if it has none. InputError for what lorasweep would not
/// have written.
std::optional<Spectrum> read_spectrum(const std::filesystem::path& path, const SweepResults& results);

}  // namespace lorasweep
