// SPDX-License-Identifier: Apache-2.0
// Lays out what is shared, and looks through the catalogue for its largest batch.
#include "workers/engine/engine_plan.h"

#include "workers/engine/capacity.h"
#include "workers/families/make_language_model.h"
#include "workers/lora/composition_bounds.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace lorasweep {
namespace {

BatchShape batch_shape(const EngineSettings& settings, const AdapterLibrary& library, const Catalogue& catalogue,
                       Index longest_sequence) {
  const CompositionBounds bounds = composition_bounds(library, settings.composition, settings.most_adapters);
  BatchShape shape{.activation = settings.activation,
                   .composition = settings.composition,
                   .adapters = settings.most_adapters,
                   .factors = bounds.floats,
                   .bypass_columns = bounds.columns,
                   .max_new_tokens = std::min<Index>(settings.max_new_tokens, longest_sequence)};
  for (const Example& example : catalogue.examples) {
    shape.longest_source = std::max(shape.longest_source, std::ssize(example.source));
    shape.longest_target = std::max(shape.longest_target, std::ssize(example.target));
  }
  for (const auto& set : catalogue.example_sets) {
    Index source = 0, target = 0;
    for (const std::int32_t index : set) {
      source += std::ssize(catalogue.examples.at(index).source);
      target += std::ssize(catalogue.examples.at(index).target);
    }
    shape.source_rows = std::max(shape.source_rows, source);
    shape.target_rows = std::max(shape.target_rows, target);
  }
  return shape;
}

std::vector<std::int32_t> all_of(std::vector<std::int32_t> ids, const std::vector<std::int32_t>& others) {
  ids.insert(ids.end(), others.begin(), others.end());
  return ids;
}

}  // namespace

EnginePlan::EnginePlan(EngineSettings settings, const Packing& packing)
    : model_(model_plan(settings.model)),
      catalogue_(settings.catalogue),
      model_image_(model_, packing),
      library_(SiteGroups(model_, settings.places), std::move(settings.adapters)),
      batches_(batch_shape(settings, library_, *catalogue_, model_.longest_sequence)),
      stop_tokens_(all_of(model_.stop_tokens, settings.ends.tokens)),
      stop_texts_(std::move(settings.ends)) {}

WorkerCapacity EnginePlan::capacity(const ScratchSizes& ops, std::optional<std::size_t> free_memory) const {
  return fitting_capacity(*model_memory(model_.config), ops, batches_, free_memory);
}

}  // namespace lorasweep
