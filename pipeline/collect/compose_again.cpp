// SPDX-License-Identifier: Apache-2.0
// Reads base model and composition from the recorded manifest; weights and adapters are in the tables.
#include "pipeline/collect/compose_again.h"

#include "data/core/error.h"
#include "data/model/model_plan.h"
#include "pipeline/collect/recorded_manifest.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

std::vector<FoundWeights> missing_in(const SweepResults& results) {
  const Summary& s = results.summary;
  const auto slots = static_cast<std::size_t>(std::max(s.adapter_slots, 0));
  std::vector<FoundWeights> missing;
  for (std::size_t cell = 0; cell < s.best_step.size(); ++cell) {
    if (s.best_step[cell] < 0) continue;
    FoundWeights found{.task = cell / s.seed.size(), .replicate = cell % s.seed.size(), .adapters = {}, .weights = {}};
    const bool is_held = std::ranges::any_of(results.composed, [&](const ComposedModel& model) {
      return std::cmp_equal(model.task_index, found.task) && std::cmp_equal(model.replicate, found.replicate);
    });
    if (is_held) continue;
    for (std::size_t slot = cell * slots; slot < (cell + 1) * slots && s.adapter_index[slot] >= 0; ++slot) {
      found.adapters.push_back(s.adapter_index[slot]);
      for (std::size_t at = slot * s.places(); at < (slot + 1) * s.places(); ++at) {
        if (!std::isfinite(s.best_weights[at]))
          throw InputError("/summary/best_weights", "is not finite for a search that is finished",
                           "make the results again with `lorasweep collect`");
        found.weights.push_back(s.best_weights[at]);
      }
    }
    missing.push_back(std::move(found));
  }
  return missing;
}

Composition composition_of(const std::string& name, const std::string& where) {
  for (const Composition composition : {Composition::lorahub, Composition::exact})
    if (name == name_of(composition)) return composition;
  throw InputError(where, "has the composition '" + name + "', which this program does not know",
                   "use the version of lorasweep that wrote it");
}

// Manifests of runs of one number an adapter do not say so.
Scope scope_of(const Json& search, const std::string& where) {
  const std::string name = search.value("scope", name_of(Scope{}));
  if (const auto scope = scope_named(name)) return *scope;
  throw InputError(where, "has the scope '" + name + "', which this program does not know",
                   "use the version of lorasweep that wrote it");
}
}  // namespace

RecordedLibrary recorded_library(const SweepResults& results, const std::filesystem::path& moved_to) {
  constexpr const char* remedy = "export what the file holds: --searches held";
  const Json manifest = recorded_manifest(results, remedy);
  try {
    RecordedLibrary library{
        .base = model_plan(model_config_from_json(manifest.at("base").at("config"))),
        .composition = composition_of(manifest.at("settings").at("search").at("composition"), recorded_manifests),
        .adapters = {},
        .moved_to = moved_to};
    const auto scope = scope_of(manifest.at("settings").at("search"), recorded_manifests);
    library.places = scope_places(library.base, scope, results.summary.place);
    const Adapters& a = results.adapters;
    for (std::size_t i = 0; i < a.name.size(); ++i)
      library.adapters.push_back({a.name[i], a.source[i], a.sha256[i], a.base_model[i]});
    return library;
  } catch (const Json::exception& error) {
    throw InputError(recorded_manifests, std::string("does not begin with a manifest: ") + error.what(), remedy);
  }
}

std::vector<ComposedModel> compose_again(const SweepResults& results, const std::filesystem::path& moved_to) {
  const std::vector<FoundWeights> missing = missing_in(results);
  if (missing.empty()) return {};
  return compose_found(recorded_library(results, moved_to), missing);
}

std::size_t not_held(const SweepResults& results) { return missing_in(results).size(); }

}  // namespace lorasweep
