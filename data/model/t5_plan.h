// SPDX-License-Identifier: Apache-2.0
// What a T5 network consists of.
#pragma once

#include "data/model/model_plan.h"

namespace lorasweep {

/// Tables: "embedding"; of each stack ("encoder", "decoder") "position_bias" [heads, 2 * longest_sequence + 1] (block
/// 0's, used by all blocks) and "final_norm", into which a tied head's factor d_model^-0.5 is folded; of each layer
/// "self_norm", "cross_norm" (decoder), "ff_norm".
/// Parts: of each layer "self_in" (q, k, v), "self_out"; "cross_q", "cross_k", "cross_v", "cross_out" (decoder);
/// "ff_in" (wi, or wi_0 and wi_1), "ff_out"; of the model "head".
ModelPlan t5_plan(const T5Config& config);

}  // namespace lorasweep
