// SPDX-License-Identifier: Apache-2.0
#include "workers/lora/composition_layouts.h"

#include <algorithm>

namespace lorasweep {
namespace {

// Ranks of a composition of these adapters, one per site.
std::vector<int> composed_ranks(const AdapterLibrary& library, const std::vector<std::int32_t>& set,
                                Composition composition) {
  std::vector<int> ranks(library.groups().sites(), 0);
  for (const std::int32_t adapter : set)
    for (const AdapterShape::Site& site : library.adapters().at(adapter).sites)
      ranks[site.site] = composition == Composition::exact ? ranks[site.site] + site.rank : site.rank;
  return ranks;
}

}  // namespace

CompositionLayouts::CompositionLayouts(const AdapterLibrary& library, Composition composition,
                                       std::vector<std::vector<std::int32_t>> adapter_sets)
    : library_(library), composition_(composition), sets_(std::move(adapter_sets)) {
  for (const auto& set : sets_) {
    layouts_.push_back(layout_factors(library.groups(), composed_ranks(library, set, composition)));
    layout_ids_.push_back(static_cast<int>(std::ranges::find(layouts_, layouts_.back()) - layouts_.begin()));
  }
}

std::int64_t CompositionLayouts::widest() const {
  std::int64_t widest = 0;
  for (const FactorLayout& layout : layouts_) widest = std::max(widest, layout.size);
  return widest;
}

int CompositionLayouts::most_columns() const {
  int most = 0;
  for (const FactorLayout& layout : layouts_)
    for (const FactorLayout::Group& group : layout.groups) most = std::max(most, group.columns);
  return most;
}

}  // namespace lorasweep
