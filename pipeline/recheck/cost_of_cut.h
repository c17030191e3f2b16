// SPDX-License-Identifier: Apache-2.0
// What cutting exported adapters to a rank costs on the shots of their searches.
#pragma once

#include "data/results/sweep_results.h"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace lorasweep {

struct CostOfCut {
  std::int32_t task = 0, replicate = 0;
  double recorded = 0;  ///< the search's own loss at its best candidate, without the regularizer; NaN: not known
  double whole = 0;     ///< of the composed adapter as it is, computed now
  double cut = 0;       ///< of the one in `directory`
};

/// Of every composed model of `results`, whose cut one `export_adapters` wrote below `directory`. InputError as of
/// ShotsAgain, and where a loss of a whole adapter is not the recorded one (beyond 10^-3 of it, or 0.05 for bf16 runs):
/// the base model, its tokenizer or the program's arithmetic is another.
std::vector<CostOfCut> costs_of_cut(const SweepResults& results, const std::filesystem::path& directory);

}  // namespace lorasweep
