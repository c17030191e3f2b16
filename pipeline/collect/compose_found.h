// SPDX-License-Identifier: Apache-2.0
// From weights that searches found to adapters, with the library in memory or read again from where it lies.
#pragma once

#include "data/model/model_plan.h"
#include "data/results/sweep_results.h"
#include "pipeline/collect/library_in_memory.h"
#include "workers/lora/composition.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace lorasweep {

struct FoundWeights {
  std::size_t task = 0, replicate = 0;
  std::vector<std::int32_t> adapters;  ///< indices into the library
  std::vector<double> weights;         ///< one each, or of each one a place
};

/// An adapter of a sweep's library, as it is recorded.
struct RecordedAdapter {
  std::string name, source, sha256, base_model;
};

/// What is composed of, and where it lies.
struct RecordedLibrary {
  ModelPlan base;
  Composition composition = Composition::lorahub;
  ScopePlaces places = {};
  std::vector<RecordedAdapter> adapters;
  std::filesystem::path moved_to = {};  ///< where they lie now, each under its name; empty: at their sources
};

/// Where an adapter of the library lies now.
std::filesystem::path place_of(const RecordedAdapter& adapter, const RecordedLibrary& library);

/// The composed models of `found`, in their order; tensors are composed when they are asked for. `in_memory` is the
/// whole library, or has no image: then the adapters that `found` names are opened, each once. InputError that names
/// every one of them that is gone, or is not what its digest says.
std::vector<ComposedModel> compose_found(const RecordedLibrary& library, const std::vector<FoundWeights>& found,
                                         const LibraryInMemory& in_memory = {});

}  // namespace lorasweep
