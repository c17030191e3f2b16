// SPDX-License-Identifier: Apache-2.0
// The weights of a T5 directory under canonical names, checked before any value is read.
#pragma once

#include "data/formats/weight_file.h"
#include "data/model/t5_config.h"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace lorasweep {

/// Name and shape of every tensor that a network of this shape needs, in the order of the network. Names are
/// Hugging Face's: "shared.weight", "encoder.block.0.layer.0.SelfAttention.q.weight",
/// "decoder.block.0.layer.1.EncDecAttention.k.weight", "encoder.block.0.layer.1.DenseReluDense.wi_0.weight"
/// (gated) or "...wi.weight", "...layer_norm.weight",
/// "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight" [buckets, heads],
/// "encoder.final_layer_norm.weight", "lm_head.weight" (untied only). Linear weights are [out, in].
std::vector<TensorInfo> t5_tensors(const T5Config& config);

/// A model directory whose table was checked: every tensor of `t5_tensors` is there with its shape, and no
/// tensor is left over (aliases of tied weights such as "encoder.embed_tokens.weight" are known and may be
/// absent or present).
class T5Checkpoint {
 public:
  /// InputError naming file and tensor.
  explicit T5Checkpoint(const std::filesystem::path& directory);

  const T5Config& config() const { return config_; }
  Tensor read(const std::string& canonical_name) const;
  std::vector<std::filesystem::path> files() const;  ///< config.json and the weight files, for the digest

 private:
  T5Config config_;
  std::filesystem::path directory_;
  std::unique_ptr<WeightFile> weights_;
  std::map<std::string, std::string> name_in_file_;
};

}  // namespace lorasweep
