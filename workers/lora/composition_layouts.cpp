// SPDX-License-Identifier: Apache-2.0
// A composition is laid out by the ranks that it has at each site.
#include "workers/lora/composition_layouts.h"

#include <algorithm>
#include <iterator>
#include <utility>

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
    layout_ids_.push_back(std::ranges::find(layouts_, layouts_.back()) - layouts_.begin());
  }
}

Index CompositionLayouts::widest() const {
  Index widest = 0;
  for (const FactorLayout& layout : layouts_) widest = std::max(widest, layout.size);
  return widest;
}

Index CompositionLayouts::most_columns() const {
  Index most = 0;
  for (const FactorLayout& layout : layouts_)
    for (const FactorLayout::Group& group : layout.groups) most = std::max(most, group.columns);
  return most;
}

Index CompositionLayouts::most_adapters() const {
  Index most = 0;
  for (const auto& set : sets_) most = std::max(most, std::ssize(set));
  return most;
}

}  // namespace lorasweep
