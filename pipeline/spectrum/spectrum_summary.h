// SPDX-License-Identifier: Apache-2.0
// A spectrum adapter by adapter and composition by composition: means over their sites.
#pragma once

#include "data/results/spectrum.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lorasweep {

/// Means are over the sites where something is added; NaN where nothing is.
struct SubjectSpectrum {
  SpectrumOf of = SpectrumOf::adapter;
  std::int32_t adapter = -1, task = -1, replicate = -1;  ///< as in Spectrum
  std::size_t first_row = 0, rows = 0;                   ///< of the spectrum: its sites
  std::int32_t rank = 0;                                 ///< the greatest of its factors
  double frobenius = 0;                                  ///< of all its sites together
  double top_share = 0, effective_rank = 0, stable_rank = 0;
  /// The adapter whose output spaces lie most in its own, of those that it was compared with; -1: none.
  std::int32_t nearest = -1;
  double nearest_overlap = 0;
};

/// In the order of the rows.
std::vector<SubjectSpectrum> subjects_of(const Spectrum& spectrum);

/// What the indices of a spectrum are called.
struct SpectrumNames {
  std::vector<std::string> adapters, tasks;
};

/// "name", or "task r0" of a composition.
std::string subject_name(const SpectrumNames& names, const SubjectSpectrum& subject);

/// Mean over the subjects' sites of the singular values as shares of the greatest, one a component; where a site has
/// fewer values, over the others.
std::vector<double> mean_decay(const Spectrum& spectrum, SpectrumOf of);

}  // namespace lorasweep
