// SPDX-License-Identifier: Apache-2.0
// The parts of a bound model image by what they are in a decoder-only network.
#pragma once

#include "workers/network/model_image.h"

#include <vector>

namespace lorasweep {

struct CausalLayer {
  View self_norm, ff_norm;      ///< f32 [1, d]
  HeadNorms head_norms;         ///< empty where the family has none
  Index window = 0;             ///< HeadGroups::window
  BoundPart self_in, self_out;  ///< [q; k; v] stacked along the output; o
  BoundPart ff_in, ff_out;      ///< [gate; up]; down
};

struct CausalWeights {
  View embedding;  ///< f32 [V, d]
  RotaryTable rotation;
  std::vector<CausalLayer> layers;
  View final_norm;  ///< f32 [1, d]
  BoundPart head;
};

/// `plan` is causal_plan() of `config`, `bound` its image.
CausalWeights causal_weights(const CausalConfig& config, const ModelPlan& plan, const BoundModel& bound);

/// How a layer's queries, keys and values lie; its window apart.
HeadGroups head_groups(const CausalConfig& config);

}  // namespace lorasweep
