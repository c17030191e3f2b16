// SPDX-License-Identifier: Apache-2.0
// Distributes searches over cohorts of about equal cost.
#include "pipeline/run/cohorts.h"

#include <algorithm>
#include <functional>
#include <numeric>

namespace lorasweep {

std::vector<std::vector<std::uint32_t>> form_cohorts(std::span<const double> cost_of_search, std::size_t most_members,
                                                     std::size_t workers) {
  const std::size_t searches = cost_of_search.size();
  std::vector<std::uint32_t> by_cost(searches);
  std::iota(by_cost.begin(), by_cost.end(), 0);
  std::ranges::stable_sort(by_cost, std::greater{}, [&](std::uint32_t s) { return cost_of_search[s]; });
  const std::size_t count =
      most_members == 1 ? searches
                        : std::min(searches, std::max((searches + most_members - 1) / most_members, 2 * workers));
  std::vector<std::vector<std::uint32_t>> cohorts(count);
  for (std::size_t i = 0; i < searches;
       ++i) {  // in order of cost, every other round in reverse, so that sums are about equal
    const std::size_t round = i / count, place = i % count;
    cohorts[round % 2 == 0 ? place : count - 1 - place].push_back(by_cost[i]);
  }
  return cohorts;
}

}  // namespace lorasweep
