// SPDX-License-Identifier: Apache-2.0
// What a decoder-only network of Llama's kind consists of.
#pragma once

#include "data/model/model_plan.h"

namespace lorasweep {

/// Tables: "embedding"; "cosine" and "sine" [positions, head width / 2]; of each layer of stack "decoder" "self_norm",
/// "ff_norm", with head norms "query_norm" and "key_norm" [1, head width]; of the stack "final_norm".
/// Parts: of each layer "self_in" (q, k, v), "self_out", "ff_in" (gate, up), "ff_out"; of the model "head".
ModelPlan causal_plan(const CausalConfig& config);

}  // namespace lorasweep
