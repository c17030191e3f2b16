// SPDX-License-Identifier: Apache-2.0
// Looks searches' adapters up, or chooses them again.
#include "pipeline/manifest/adapters_of_searches.h"

#include "pipeline/config/budget.h"
#include "pipeline/search/selection.h"

#include <cstddef>
#include <map>
#include <numeric>
#include <set>
#include <variant>

namespace lorasweep {
namespace {

/// Losses of the whole library on each set of shots that it was tried on.
std::map<std::size_t, std::vector<double>> complete_screens(const Manifest& manifest, std::span<const Record> records) {
  std::map<std::size_t, std::map<std::uint32_t, double>> found;
  for (const Record& record : records)
    if (const auto* trial = std::get_if<TrialRecord>(&record); trial != nullptr && trial->kind == Trial::screen)
      found[trial->index][trial->position] = trial->loss;
  std::map<std::size_t, std::vector<double>> complete;
  for (const auto& [shots, losses] : found)
    if (losses.size() == manifest.adapters.size())
      for (const auto& [adapter, loss] : losses) complete[shots].push_back(loss);
  return complete;
}

}  // namespace

std::vector<std::vector<std::int32_t>> adapters_of_searches(const Manifest& manifest, std::span<const Record> records) {
  const auto screens = complete_screens(manifest, records);
  std::vector<std::vector<std::int32_t>> adapters;
  for (const Manifest::Search& search : manifest.searches) {
    if (search.adapter_set >= 0) {
      adapters.push_back(manifest.adapter_sets[search.adapter_set]);
      continue;
    }
    const auto screen = screens.find(set_of_shots(manifest, search));
    adapters.push_back(screen == screens.end() ? std::vector<std::int32_t>{}
                                               : lowest_losses(screen->second, adapters_of(manifest, search)));
  }
  return adapters;
}

std::vector<std::int32_t> single_candidates(const RunConfig& config, std::size_t library,
                                            const std::vector<std::int32_t>& adapters_of_search) {
  if (!is_screened(config)) {
    const std::set<std::int32_t> sorted(adapters_of_search.begin(), adapters_of_search.end());
    return {sorted.begin(), sorted.end()};
  }
  std::vector<std::int32_t> all(library);
  std::iota(all.begin(), all.end(), 0);
  return all;
}

bool tries_singles(const RunConfig& config) {
  return is_screened(config) || config.predict.wants(Subject::best_single);
}

}  // namespace lorasweep
