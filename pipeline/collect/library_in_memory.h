// SPDX-License-Identifier: Apache-2.0
// An adapter library whose values are in host memory, and how adapters become one.
#pragma once

#include "data/adapters/adapter.h"
#include "workers/lora/adapter_library.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace lorasweep {

struct LibraryInMemory {
  std::vector<AdapterShape> adapters;
  /// Of an AdapterLibrary of these, by `places`; none: the values are not in memory.
  std::shared_ptr<const std::byte> image;
  ScopePlaces places = {};
};

/// Of the adapters, then of the random twins of some of them (by index; random_twins.h).
std::vector<AdapterShape> shapes_of(const std::vector<Adapter>& adapters, const std::vector<std::int32_t>& twins = {});

/// Fills an image of `layout`, which is that of these adapters and twins, and unloads each adapter as soon as its
/// values are in it: there is never a second copy of all of them.
void write_library(const AdapterLibrary& layout, std::vector<Adapter>& adapters, const std::vector<std::int32_t>& twins,
                   std::byte* image);

/// The library of these adapters, which are unloaded.
LibraryInMemory library_of(const ModelPlan& plan, std::vector<Adapter>& adapters, const ScopePlaces& places = {});

}  // namespace lorasweep
