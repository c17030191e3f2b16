// SPDX-License-Identifier: Apache-2.0
// Checks that adapters can be mixed.
#include "data/adapters/adapter.h"
#include "data/core/error.h"

#include <fmt/format.h>

#include <algorithm>

namespace lorasweep {
namespace {

// What keeps `adapter` from being mixed with `first`, at their site number i.
void require_same(const Adapter& adapter, const Adapter& first, std::size_t i) {
  const AdapterSite &a = adapter.sites()[i], &b = first.sites()[i];
  const auto different = [&](const char* what, double of_a, double of_b) {
    return InputError(adapter.directory().string() + ", tensor " + a.key_a,
                      fmt::format("has {} {}, in {} it is {}: composition = \"lorahub\" cannot mix them", what, of_a,
                                  first.name(), of_b),
                      "leave it out, or use composition = \"exact\"");
  };
  if (a.rank != b.rank) throw different("rank", a.rank, b.rank);
  if (a.scaling != b.scaling) throw different("scaling", a.scaling, b.scaling);
}

}  // namespace

void require_same_architecture(const std::vector<const Adapter*>& adapters) {
  if (adapters.empty()) return;
  const Adapter& first = *adapters.front();
  for (const Adapter* adapter : adapters) {
    if (!std::ranges::equal(adapter->sites(), first.sites(), {}, &AdapterSite::site, &AdapterSite::site))
      throw InputError(adapter->directory().string(),
                       fmt::format("changes other parts of the model ({}) than {} does ({}): composition = "
                                   "\"lorahub\" cannot mix them",
                                   fmt::join(adapter->target_modules(), ", "), first.name(),
                                   fmt::join(first.target_modules(), ", ")),
                       "leave it out, or use composition = \"exact\"");
    for (std::size_t i = 0; i < first.sites().size(); ++i) require_same(*adapter, first, i);
  }
}

}  // namespace lorasweep
