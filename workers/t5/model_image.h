// SPDX-License-Identifier: Apache-2.0
// The base model as one block of bytes in the device's layout: planned by every process, filled by one of a node,
// shared by all.
#pragma once

#include "data/model/t5_config.h"
#include "data/tensor/tensor.h"
#include "workers/ops.h"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace lorasweep {

/// Longest sequence, in tokens: inputs are truncated to it by the tokenizer, generation ends at it, bias tables reach
/// that far.
inline constexpr int longest_sequence = 2048;

/// Gives a tensor by its canonical name (data/model/t5_checkpoint.h).
using TensorSource = std::function<Tensor(const std::string& name)>;

struct SelfAttentionWeights {
  Projection qkv;  ///< [q; k; v] stacked along the output
  Projection o;
};

struct CrossAttentionWeights {
  Projection q, o;
  CrossProjections source;
};

struct LayerWeights {
  View self_norm, cross_norm, ff_norm;  ///< f32 [1, d]
  SelfAttentionWeights self;
  CrossAttentionWeights cross;  ///< decoder only
  Projection ff_in, ff_out;     ///< ff_in: wi, or [wi_0; wi_1]
};

struct StackWeights {
  std::vector<LayerWeights> layers;
  RelativeBiasTable bias;  ///< of block 0, used by all blocks
  View final_norm;         ///< f32 [1, d]; a tied head's factor d_model^-0.5 is folded in
};

/// Where everything lies in the device's memory.
struct T5Weights {
  View embedding;  ///< f32 [V, d]
  StackWeights encoder, decoder;
  Projection head;
};

/// Bytes of the image that `packing` wants for this configuration.
std::size_t model_image_bytes(const T5Config& config, const Packing& packing);

/// Fills host memory of model_image_bytes() bytes, aligned to 64. Values are read one tensor at a time, each once.
void write_model_image(std::byte* image, const T5Config& config, const Packing& packing, const TensorSource& source);

/// The weights inside an image that `ops.adopt` returned.
T5Weights bind_model_image(const std::byte* image, const T5Config& config, const Packing& packing);

}  // namespace lorasweep
