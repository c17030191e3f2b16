// SPDX-License-Identifier: Apache-2.0
#include "pipeline/collect/failed_trials.h"

#include "pipeline/collect/merge_runs.h"

#include <algorithm>
#include <variant>

namespace lorasweep {
namespace {

bool has_failed(const TrialRecord* trial) { return trial != nullptr && !trial->failure.empty(); }

// Most runs have none, and need not be merged for that.
bool any_failed(const RunRecords& run) {
  return std::ranges::any_of(run.records,
                             [](const Record& record) { return has_failed(std::get_if<TrialRecord>(&record)); });
}

std::size_t failed_of(const MergedUnit& search) {
  return (has_failed(search.uniform) ? 1 : 0) +
         std::ranges::count_if(search.ablations, [](const auto& entry) { return has_failed(entry.second); });
}

}  // namespace

std::size_t failed_trials(const std::vector<RunRecords>& runs) {
  if (std::ranges::none_of(runs, any_failed)) return 0;
  const MergedRuns merged = merge_runs(runs);
  std::size_t failed = 0;
  for (const auto& of_task : merged.screens)
    for (const auto& [shot_seed, screen] : of_task)
      failed += std::ranges::count_if(screen, [](const auto& entry) { return has_failed(entry.second); });
  for (const auto& of_task : merged.searches)
    for (const MergedUnit& search : of_task) failed += failed_of(search);
  return failed;
}

}  // namespace lorasweep
