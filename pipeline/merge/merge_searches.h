// SPDX-License-Identifier: Apache-2.0
// Merges of the adapters that searches had: what a fixed rule makes of them, to compare with what was found.
#pragma once

#include "data/results/sweep_results.h"
#include "pipeline/low_rank/static_merge.h"

#include <cstddef>
#include <filesystem>

namespace lorasweep {

/// For every set of adapters that a search of `results` had, its merge at equal weights in `directory`/set-<n>, and
/// `directory`/weights.csv, which gives each search the merge of its own adapters at weight 1
/// (docs/formats/weights.md). Equal sets are merged once; sets are numbered as searches have them first. Adapters are
/// read where the run had them or, each under its name, in `moved_to`. Gives the number of sets. ConfigError if
/// something is in `directory`; InputError for an adapter that is gone or changed, for results of which no search has
/// adapters, and for searches of one task and seed that had different ones (tasks.shot_seed), which a table of weights
/// cannot tell apart.
std::size_t merge_searches(const SweepResults& results, const MergeRule& rule, const std::filesystem::path& directory,
                           const std::filesystem::path& moved_to = {});

}  // namespace lorasweep
