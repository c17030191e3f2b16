// SPDX-License-Identifier: Apache-2.0
// Lays out what is shared, and looks through the catalogue for its largest batch.
#include "workers/engine/engine_plan.h"

#include "workers/engine/capacity.h"
#include "workers/families/make_language_model.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace lorasweep {
namespace {

BatchShape batch_shape(Element activation, const CompositionLayouts& compositions, const Catalogue& catalogue,
                       Index max_new_tokens) {
  BatchShape shape{.activation = activation,
                   .composition = compositions.composition(),
                   .adapters = compositions.most_adapters(),
                   .factors = compositions.widest(),
                   .bypass_columns = compositions.most_columns(),
                   .max_new_tokens = max_new_tokens};
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

}  // namespace

EnginePlan::EnginePlan(EngineSettings settings, const Packing& packing)
    : model_(model_plan(settings.model)),
      catalogue_(std::move(settings.catalogue)),
      model_image_(model_, packing),
      library_(SiteGroups(model_), std::move(settings.adapters)),
      compositions_(library_, settings.composition, catalogue_->adapter_sets),
      batches_(batch_shape(settings.activation, compositions_, *catalogue_,
                           std::min(settings.max_new_tokens, model_.longest_sequence))) {}

WorkerCapacity EnginePlan::capacity(const ScratchSizes& ops, std::optional<std::size_t> free_memory) const {
  return fitting_capacity(*model_memory(model_.config), ops, batches_, free_memory);
}

}  // namespace lorasweep
