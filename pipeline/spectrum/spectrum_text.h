// SPDX-License-Identifier: Apache-2.0
// A spectrum for people and for programs.
#pragma once

#include "data/results/spectrum.h"
#include "pipeline/spectrum/spectrum_summary.h"

#include <string>

namespace lorasweep {

// Numbers of CSV and JSON have all their digits; what is not known is empty, or
// null.

/// A row an adapter or composition.
std::string spectrum_table_text(const Spectrum& spectrum, const SpectrumNames& names);
/// A row a site of an adapter or composition.
std::string spectrum_csv(const Spectrum& spectrum, const SpectrumNames& names);
/// A row a pair of an adapter or composition, and an adapter.
std::string overlap_csv(const Spectrum& spectrum, const SpectrumNames& names);
/// All of it in one document.
std::string spectrum_json(const Spectrum& spectrum, const SpectrumNames& names);

}  // namespace lorasweep
