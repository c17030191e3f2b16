// SPDX-License-Identifier: Apache-2.0
// Self-attention of packed sequences, by query heads that have keys of their own or share them. A block computes some
// queries of one head of one sequence and goes through the keys in steps of fixed length that begin at multiples of it,
// so a query's bits depend on its sequence and its place in it only.
#pragma once

#include "workers/cuda/descriptors.h"
#include "workers/cuda/device.h"
#include "workers/ops.h"

#include <climits>

namespace lorasweep {

/// Query head h is columns [h * width, (h + 1) * width) of q; its keys and values are head h / shared of k and v.
struct AttentionInput {
  View q, k, v;  ///< f32 [R, ..]
  Index heads = 0, width = 0, shared = 1;
  float scale = 1;  ///< of scores, before the bias
  RelativeBiasTable bias;
  Mask mask = Mask::none;
  Index window = INT_MAX;  ///< under a causal mask, a query sees so many keys, the last of them its own
};

/// out bf16 or f32 [R, heads * width]. std::invalid_argument for heads wider than 256.
void packed_attention(const Device& device, Descriptors& descriptors, View out, const AttentionInput& input,
                      const Sequences& sequences);

}  // namespace lorasweep
