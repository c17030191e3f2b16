// SPDX-License-Identifier: Apache-2.0
// The parts of a bound model image by what they are in a T5 network.
#pragma once

#include "workers/network/model_image.h"

#include <vector>

namespace lorasweep {

struct SelfAttentionWeights {
  BoundPart qkv;  ///< [q; k; v] stacked along the output
  BoundPart o;
};

struct CrossAttentionWeights {
  BoundPart q, o;
  Index key = -1, value = -1;  ///< numbers of the parts of k and v
  CrossProjections source;     ///< their maps, head by head
};

struct LayerWeights {
  View self_norm, cross_norm, ff_norm;  ///< f32 [1, d]
  SelfAttentionWeights self;
  CrossAttentionWeights cross;  ///< decoder only
  BoundPart ff_in, ff_out;      ///< ff_in: wi, or [wi_0; wi_1]
};

struct StackWeights {
  std::vector<LayerWeights> layers;
  RelativeBiasTable bias;  ///< of block 0, used by all blocks
  View final_norm;         ///< f32 [1, d]; a tied head's factor d_model^-0.5 is folded in
};

struct T5Weights {
  View embedding;  ///< f32 [V, d]
  StackWeights encoder, decoder;
  Projection head;
};

/// `plan` is t5_plan() of `config`, `bound` its image.
T5Weights t5_weights(const T5Config& config, const ModelPlan& plan, const BoundModel& bound);

}  // namespace lorasweep
