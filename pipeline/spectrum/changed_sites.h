// SPDX-License-Identifier: Apache-2.0
// What an adapter changes, site by site: of a library, in a directory of its own, or composed by a search.
#pragma once

#include "data/adapters/adapter.h"
#include "data/model/lora_sites.h"
#include "data/results/sweep_results.h"
#include "pipeline/low_rank/factors.h"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace lorasweep {

/// scaling * B A.
struct SiteChange {
  Factors factors;
  double scaling = 1;
};

/// Values are read when they are asked for, site by site.
struct ChangedSites {
  std::vector<std::string> names;                     ///< PEFT's paths of the linear maps, ascending
  std::function<SiteChange(std::size_t place)> read;  ///< of `names`
};

/// `adapter` must outlive it; `sites` are those of its base model.
ChangedSites changed_sites(const Adapter& adapter, const std::vector<LoraSite>& sites);

/// InputError if the model's tensors are not pairs of factors.
ChangedSites changed_sites(const ComposedModel& model);

/// Of an adapter whose base model is not known: what its configuration says is honoured and refused as ever
/// (docs/formats/adapters.md), but nobody says whether its shapes fit. InputError naming file and tensor for whatever
/// is no factor, has no partner, or has another rank than the configuration says.
ChangedSites changed_sites_of_directory(const std::filesystem::path& directory);

}  // namespace lorasweep
