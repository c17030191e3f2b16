// SPDX-License-Identifier: Apache-2.0
// The tables of a results file that `lorasweep spectrum` adds. They are no part of its content_sha256, which follows
// from what they are made of.
#pragma once

#include "data/results/results_schema.h"
#include "data/results/spectrum.h"
#include "data/results/sweep_results.h"

#include <string>
#include <vector>

namespace lorasweep {

/// /spectrum and /overlap: views into `spectrum`, which must outlive them.
std::vector<Table> spectrum_tables(Spectrum& spectrum);

/// The first column of wrong length or index for these results, in words; empty: there is none.
std::string first_contradiction(Spectrum& spectrum, const SweepResults& results);

}  // namespace lorasweep
