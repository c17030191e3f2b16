// SPDX-License-Identifier: Apache-2.0
// Writes adapters into a library's image, one after the other.
#include "pipeline/collect/library_in_memory.h"

#include "workers/device/make_ops.h"

namespace lorasweep {

std::vector<AdapterShape> shapes_of(const std::vector<Adapter>& adapters) {
  std::vector<AdapterShape> shapes;
  for (const Adapter& adapter : adapters) {
    AdapterShape& shape = shapes.emplace_back();
    for (const AdapterSite& site : adapter.sites()) shape.sites.push_back({site.site, site.rank, site.scaling});
  }
  return shapes;
}

void write_library(const AdapterLibrary& layout, std::vector<Adapter>& adapters, std::byte* image) {
  const auto site = [&](int a, int i) -> const AdapterSite& { return adapters[a].sites()[i]; };
  const AdapterValues values = {.read_a = [&](int a, int i) { return adapters[a].read_a(site(a, i)); },
                                .read_b = [&](int a, int i) { return adapters[a].read_b(site(a, i)); }};
  for (int a = 0; a < layout.size(); ++a) {
    layout.write_row(image, a, values);
    adapters[a].unload();
  }
}

LibraryInMemory library_of(const ModelPlan& plan, std::vector<Adapter>& adapters) {
  LibraryInMemory library{.adapters = shapes_of(adapters), .image = nullptr};
  const AdapterLibrary layout(SiteGroups(plan), library.adapters);
  const std::shared_ptr<std::byte> image = make_ops({})->allocate(layout.bytes());
  write_library(layout, adapters, image.get());
  library.image = image;
  return library;
}

}  // namespace lorasweep
