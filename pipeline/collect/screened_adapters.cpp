// SPDX-License-Identifier: Apache-2.0
#include "pipeline/collect/screened_adapters.h"

#include <algorithm>
#include <cstddef>
#include <limits>

namespace lorasweep {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

std::vector<std::int64_t> draws_of(const MergedRuns& merged) {
  std::vector<std::int64_t> draws;
  for (const Replicate& replicate : merged.replicates)
    if (std::ranges::find(draws, std::int64_t{replicate.shot_seed}) == draws.end())
      draws.push_back(replicate.shot_seed);
  for (const auto& of_task : merged.screens)  // a screen without searches has no replicates
    for (const auto& [seed, screen] : of_task)
      if (std::ranges::find(draws, std::int64_t{seed}) == draws.end()) draws.push_back(seed);
  return draws;
}

std::size_t most_shots(const MergedRuns& merged) {
  std::size_t most = 0;
  for (const auto& of_task : merged.screens)
    for (const auto& [seed, screen] : of_task)
      for (const auto& [adapter, trial] : screen) most = std::max(most, trial->nll.size());
  return most;
}

}  // namespace

std::optional<ScreenedAdapters> screened_adapters(const MergedRuns& merged) {
  const std::size_t shots = most_shots(merged), adapters = merged.adapters.size();
  if (shots == 0) return std::nullopt;
  ScreenedAdapters out;
  out.shots = static_cast<std::int32_t>(shots);
  out.shot_seed = draws_of(merged);
  const std::size_t cells = merged.tasks.size() * out.shot_seed.size() * adapters;
  out.loss.assign(cells, unknown);
  out.nll.assign(cells * shots, unknown);
  for (std::size_t t = 0; t < merged.screens.size(); ++t)
    for (const auto& [seed, screen] : merged.screens[t]) {
      const auto draw = std::ranges::find(out.shot_seed, std::int64_t{seed}) - out.shot_seed.begin();
      for (const auto& [adapter, trial] : screen) {
        const std::size_t cell =
            (t * out.shot_seed.size() + static_cast<std::size_t>(draw)) * adapters + static_cast<std::size_t>(adapter);
        out.loss.at(cell) = trial->loss;
        std::ranges::copy(trial->nll, out.nll.begin() + static_cast<std::ptrdiff_t>(cell * shots));
      }
    }
  return out;
}

}  // namespace lorasweep
