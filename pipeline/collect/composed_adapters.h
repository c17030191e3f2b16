// SPDX-License-Identifier: Apache-2.0
// The adapters that searches arrived at, as PEFT adapters of their own.
#pragma once

#include "data/results/sweep_results.h"
#include "pipeline/collect/library_in_memory.h"
#include "workers/lora/composer.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace lorasweep {

/// What an exported adapter says of those that it is composed of.
struct AdapterTitle {
  std::string name, base_model;
};

/// Composes on the CPU, one model at a time, with the code that the workers use.
class ComposedAdapters {
 public:
  /// `titles`: one for each adapter of the library.
  ComposedAdapters(const ModelPlan& plan, Composition composition, LibraryInMemory library,
                   std::vector<AdapterTitle> titles);
  ~ComposedAdapters();

  /// Scalings are folded into lora_B: r = lora_alpha, so that a single load at weight 1 gives the composed model under
  /// either composition. `adapters` are of the library, by index; `weights`: one each, or of each one a place. The
  /// returned model's `read` keeps `self` alive.
  static ComposedModel model(std::shared_ptr<ComposedAdapters> self, std::vector<std::int32_t> adapters,
                             std::vector<double> weights);

 private:
  struct State;
  const ComposedFactors& factors(const std::vector<std::int32_t>& adapters, const std::vector<double>& weights);
  std::unique_ptr<State> state_;
};

}  // namespace lorasweep
