// SPDX-License-Identifier: Apache-2.0
// The linear maps of a network that a LoRA adapter may change, in one fixed order.
#pragma once

#include "data/model/model_plan.h"

#include <string>
#include <vector>

namespace lorasweep {

struct LoraSite {
  std::string module;  ///< PEFT's path of the map, "encoder.block.0.layer.0.SelfAttention.q"
  int in = 0;
  int out = 0;
  int part = 0;                 ///< number of the plan's part that it belongs to
  int column = 0;               ///< where its output begins in the part's: q | k | v
  bool is_output_head = false;  ///< PEFT's "all-linear" leaves it out
};

/// The plan's maps that an adapter may change, in the plan's order. A site's index here is its identity everywhere.
std::vector<LoraSite> lora_sites(const ModelPlan& plan);

/// The last components of the modules that PEFT changes where an adapter does not say which: sorted, each once.
std::vector<std::string> default_target_modules(const ModelPlan& plan);

}  // namespace lorasweep
