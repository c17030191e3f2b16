// SPDX-License-Identifier: Apache-2.0
// Pairs seeds with shot seeds.
#include "pipeline/config/replicates.h"

#include "pipeline/search/make_optimizer.h"

#include <algorithm>

namespace lorasweep {

std::vector<Replicate> named_replicates(const RunConfig& config) {
  const std::vector<std::uint32_t>&seeds = config.search.seeds, &shot_seeds = config.tasks.shot_seed;
  std::vector<Replicate> replicates;
  if (seeds.empty() || shot_seeds.empty()) return replicates;
  for (std::size_t r = 0; r < std::max(seeds.size(), shot_seeds.size()); ++r) {
    const std::size_t draw = shot_seeds.size() == 1 ? 0 : r;
    replicates.push_back({.seed = seeds[seeds.size() == 1 ? 0 : r], .shot_seed = shot_seeds[draw], .draw = draw});
  }
  return replicates;
}

std::vector<Replicate> different_replicates(const RunConfig& config, bool seed_decides) {
  std::vector<Replicate> replicates = named_replicates(config);
  if (!seed_decides && config.tasks.shot_seed.size() == 1 && replicates.size() > 1) replicates.resize(1);
  return replicates;
}

bool seed_decides(const RunConfig& config) {
  if (config.adapters.select == AdapterSelection::random || config.search.method == given_method) return true;
  return config.search.method != no_search_method && draws_random_numbers(config.search.method);
}

}  // namespace lorasweep
