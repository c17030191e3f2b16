// SPDX-License-Identifier: Apache-2.0
// What the records of a run say of each search beside what it found: its best single adapter, and whether the guard let
// it answer.
#pragma once

#include "data/journal/record.h"
#include "pipeline/manifest/manifest.h"
#include "pipeline/search/guard.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace lorasweep {

struct SearchVerdict {
  std::int32_t best_single = -1;  ///< index into the manifest's adapters; -1: not known, or none has a finite loss
  std::optional<Guarded> guard;   ///< nothing: there is no guard, or the search is not finished
};

/// `adapters`: as adapters_of_searches() has them.
std::vector<SearchVerdict> search_verdicts(const Manifest& manifest, std::span<const Record> records,
                                           const std::vector<std::vector<std::int32_t>>& adapters);

}  // namespace lorasweep
