// SPDX-License-Identifier: Apache-2.0
// Writes adapters into a library's image, one after the other.
#include "pipeline/collect/library_in_memory.h"

#include "pipeline/collect/random_twins.h"
#include "workers/device/make_ops.h"

namespace lorasweep {

std::vector<AdapterShape> shapes_of(const std::vector<Adapter>& adapters, const std::vector<std::int32_t>& twins) {
  std::vector<AdapterShape> shapes;
  for (const Adapter& adapter : adapters) {
    AdapterShape& shape = shapes.emplace_back();
    for (const AdapterSite& site : adapter.sites()) shape.sites.push_back({site.site, site.rank, site.scaling});
  }
  for (const std::int32_t adapter : twins) shapes.push_back(AdapterShape(shapes[adapter]));
  return shapes;
}

void write_library(const AdapterLibrary& layout, std::vector<Adapter>& adapters, const std::vector<std::int32_t>& twins,
                   std::byte* image) {
  const auto site = [&](int a, int i) -> const AdapterSite& { return adapters[a].sites()[i]; };
  const AdapterValues values = {.read_a = [&](int a, int i) { return adapters[a].read_a(site(a, i)); },
                                .read_b = [&](int a, int i) { return adapters[a].read_b(site(a, i)); }};
  for (int a = 0; a < static_cast<int>(adapters.size()); ++a) {
    layout.write_row(image, a, values);
    for (std::size_t k = 0; k < twins.size(); ++k)
      if (twins[k] == a) layout.write_row(image, static_cast<int>(adapters.size() + k), twin_of(adapters[a]));
    adapters[a].unload();
  }
}

LibraryInMemory library_of(const ModelPlan& plan, std::vector<Adapter>& adapters, const ScopePlaces& places) {
  LibraryInMemory library{.adapters = shapes_of(adapters), .image = nullptr, .places = places};
  const AdapterLibrary layout(SiteGroups(plan, places), library.adapters);
  const std::shared_ptr<std::byte> image = make_ops({})->allocate(layout.bytes());
  write_library(layout, adapters, {}, image.get());
  library.image = image;
  return library;
}

}  // namespace lorasweep
