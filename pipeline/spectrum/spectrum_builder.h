// SPDX-License-Identifier: Apache-2.0
// Fills the tables of singular values and overlaps, one adapter or composition after the other.
#pragma once

#include "data/results/spectrum.h"
#include "data/tensor/tensor.h"
#include "pipeline/spectrum/changed_sites.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace lorasweep {

/// Keeps the spaces of the adapters, which take as much memory as their factors; of compositions nothing but numbers.
class SpectrumBuilder {
 public:
  /// Compares it with all adapters that were added before.
  void add_adapter(std::int32_t index, const ChangedSites& sites);

  /// Compares it with the adapters that it is composed of, which were added before.
  void add_composition(std::int32_t task, std::int32_t replicate, const std::vector<std::int32_t>& adapters,
                       const ChangedSites& sites);

  Spectrum finish() &&;

 private:
  struct Spaces {
    Tensor left, right;
  };
  using SpacesBySite = std::map<std::string, Spaces>;
  struct Subject {
    SpectrumOf of = SpectrumOf::adapter;
    std::int32_t adapter = -1, task = -1, replicate = -1;
  };

  SpacesBySite add_sites(const Subject& subject, const ChangedSites& sites);
  void compare(const Subject& subject, const SpacesBySite& spaces, std::int32_t with_adapter);

  Spectrum spectrum_;
  std::vector<std::vector<double>> values_;  // of each row
  std::map<std::int32_t, SpacesBySite> adapters_;
};

}  // namespace lorasweep
