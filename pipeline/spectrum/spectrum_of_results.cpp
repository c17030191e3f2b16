// SPDX-License-Identifier: Apache-2.0
#include "pipeline/spectrum/spectrum_of_results.h"

#include "data/core/error.h"
#include "pipeline/collect/compose_again.h"
#include "pipeline/spectrum/changed_sites.h"
#include "pipeline/spectrum/spectrum_builder.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>
#include <utility>

namespace lorasweep {
namespace {

// The replicate with the lowest objective, the first of equals: `by_shots`, which older files do not have.
std::int32_t best_of(const Summary& s, std::int32_t task) {
  const std::size_t replicates = s.seed.size(), first = static_cast<std::size_t>(task) * replicates;
  std::size_t best = 0;
  for (std::size_t r = 1; r < replicates; ++r)
    if (std::isnan(s.best_objective[first + best]) || s.best_objective[first + r] < s.best_objective[first + best])
      best = r;
  return static_cast<std::int32_t>(best);
}

// By task and replicate.
std::vector<ComposedModel> analysed(const SweepResults& results, AnalysedSearches searches,
                                    const std::filesystem::path& moved_to) {
  std::vector<ComposedModel> models = results.composed;
  std::ranges::move(compose_again(results, moved_to), std::back_inserter(models));
  if (searches == AnalysedSearches::best)
    std::erase_if(models, [&](const ComposedModel& model) {
      return best_of(results.summary, model.task_index) != model.replicate;
    });
  std::ranges::sort(models, {}, [](const ComposedModel& m) { return std::pair(m.task_index, m.replicate); });
  return models;
}

std::vector<std::int32_t> indices_of(const SweepResults& results, const std::vector<std::string>& names) {
  std::vector<std::int32_t> indices;
  for (const std::string& name : names) {
    const auto found = std::ranges::find(results.adapters.name, name);
    if (found == results.adapters.name.end())
      throw InputError("/composed/adapters", "names the adapter " + name + ", which is not among /adapters",
                       "make the results again with `lorasweep collect`");
    indices.push_back(static_cast<std::int32_t>(found - results.adapters.name.begin()));
  }
  return indices;
}

Adapter opened(const RecordedAdapter& entry, const RecordedLibrary& library) {
  constexpr const char* remedy = "restore it, or give --adapters the folder where the adapters lie now";
  const std::filesystem::path place = place_of(entry, library);
  if (!std::filesystem::exists(place))
    throw InputError(place.string(), "the adapter " + entry.name + " is missing", remedy);
  Adapter adapter(place, library.base);
  adapter.load();
  if (adapter.digest() != entry.sha256)
    throw InputError(place.string(), "the adapter " + entry.name + " changed since the run was made", remedy);
  return adapter;
}

}  // namespace

Spectrum spectrum_of_results(const SweepResults& results, AnalysedSearches searches,
                             const std::filesystem::path& moved_to) {
  const std::vector<ComposedModel> models = analysed(results, searches, moved_to);
  if (models.empty())
    throw InputError(results.title, "has no search that found anything",
                     "continue the run with `lorasweep run DIR`, or name adapters");
  const RecordedLibrary library = recorded_library(results, moved_to);
  const std::vector<LoraSite> sites = lora_sites(library.base);
  std::set<std::int32_t> drawn;
  for (const ComposedModel& model : models)
    for (const std::int32_t index : indices_of(results, model.adapters)) drawn.insert(index);
  SpectrumBuilder builder;
  for (const std::int32_t index : drawn) {
    const Adapter adapter = opened(library.adapters.at(static_cast<std::size_t>(index)), library);
    builder.add_adapter(index, changed_sites(adapter, sites));
  }
  for (const ComposedModel& model : models)
    builder.add_composition(model.task_index, model.replicate, indices_of(results, model.adapters),
                            changed_sites(model));
  return std::move(builder).finish();
}

Spectrum spectrum_of_adapters(const std::vector<std::filesystem::path>& directories) {
  SpectrumBuilder builder;
  for (std::size_t i = 0; i < directories.size(); ++i)
    builder.add_adapter(static_cast<std::int32_t>(i), changed_sites_of_directory(directories[i]));
  return std::move(builder).finish();
}

}  // namespace lorasweep
