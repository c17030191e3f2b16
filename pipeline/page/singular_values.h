// SPDX-License-Identifier: Apache-2.0
// The section of a report about singular values, for files that have them.
#pragma once

#include "data/results/spectrum.h"
#include "pipeline/page/section.h"
#include "pipeline/spectrum/spectrum_summary.h"

#include <string>

namespace lorasweep {

/// `prefix`: of the ids of the file that it is of.
PageSection singular_values(const Spectrum& spectrum, const SpectrumNames& names, const std::string& prefix);

}  // namespace lorasweep
