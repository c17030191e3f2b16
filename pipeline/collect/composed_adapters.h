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
  /// The sets name adapters of the library by index; `titles` has one for each.
  ComposedAdapters(const ModelPlan& plan, Composition composition, LibraryInMemory library,
                   std::vector<AdapterTitle> titles, std::vector<std::vector<std::int32_t>> adapter_sets);
  ~ComposedAdapters();

  /// Scalings are folded into lora_B: r = lora_alpha, so that a single load at weight 1 gives the composed model under
  /// either composition. The returned model's `read` keeps `self` alive.
  static ComposedModel model(std::shared_ptr<ComposedAdapters> self, std::int32_t adapter_set,
                             std::vector<double> weights);

 private:
  struct State;
  const ComposedFactors& factors(std::int32_t adapter_set, const std::vector<double>& weights);
  std::unique_ptr<State> state_;
};

}  // namespace lorasweep
