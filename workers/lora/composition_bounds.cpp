// SPDX-License-Identifier: Apache-2.0
// Factors that are summed are as large as one adapter's; those that are used in place lie side by side.
#include "workers/lora/composition_bounds.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <numeric>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

Index sum_of_largest(std::vector<Index> sizes, Index count) {
  std::ranges::sort(sizes, std::greater<>());
  sizes.resize(std::min(count, std::ssize(sizes)));
  return std::reduce(sizes.begin(), sizes.end(), Index{0});
}

}  // namespace

CompositionBounds composition_bounds(const AdapterLibrary& library, Composition composition, Index most_adapters) {
  const Index together = composition == Composition::exact ? most_adapters : std::min<Index>(most_adapters, 1);
  CompositionBounds bounds;
  if (composition == Composition::exact)
    bounds.floats = most_adapters * library.groups().places() * static_cast<Index>(sizeof(WeightedRow) / sizeof(float));
  for (std::size_t g = 0; g < library.groups().all().size(); ++g) {
    std::vector<Index> columns;
    for (int a = 0; a < library.size(); ++a) columns.push_back(library.layout(a).groups[g].columns());
    bounds.columns = std::max(bounds.columns, sum_of_largest(std::move(columns), together));
  }
  if (composition == Composition::lorahub && together > 0)
    for (int a = 0; a < library.size(); ++a) bounds.floats = std::max(bounds.floats, library.layout(a).size);
  return bounds;
}

}  // namespace lorasweep
