// SPDX-License-Identifier: Apache-2.0
// The linear maps of a T5 network that a LoRA adapter may change, in one fixed order.
#pragma once

#include "data/model/t5_config.h"

#include <string>
#include <vector>

namespace lorasweep {

struct LoraSite {
  std::string module;  ///< Hugging Face module path, "encoder.block.0.layer.0.SelfAttention.q"
  int in = 0;
  int out = 0;
};

/// Every q, k, v, o of every attention and every feed-forward matrix: encoder blocks first, then decoder
/// blocks; within a block self-attention (q, k, v, o), cross-attention (q, k, v, o; decoder only),
/// feed-forward (wi_0, wi_1, wo; or wi, wo). A site's index here is its identity everywhere.
std::vector<LoraSite> lora_sites(const T5Config& config);

}  // namespace lorasweep
