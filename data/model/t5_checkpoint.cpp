// SPDX-License-Identifier: Apache-2.0
// The names and shapes of a T5 network, and the other names that files use for some of them.
#include "data/model/t5_checkpoint.h"

#include "data/core/error.h"
#include "data/formats/weights_of_directory.h"

#include <fmt/format.h>

#include <set>

namespace lorasweep {
namespace {

// Names under which files hold the embedding; HF writes some of them beside "shared.weight".
constexpr const char* embedding_names[] = {"shared.weight", "encoder.embed_tokens.weight",
                                           "decoder.embed_tokens.weight"};
// In old T5 files, and never used: cross-attention has no positions.
constexpr const char* unused_bias = "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight";

}  // namespace

std::vector<TensorInfo> t5_tensors(const T5Config& c) {
  std::vector<TensorInfo> tensors;
  const auto add = [&](const std::string& name, std::vector<std::int64_t> shape) {
    tensors.push_back({name, DType::f32, std::move(shape)});
  };
  const std::int64_t d = c.d_model, inner = c.inner(), ff = c.d_ff;
  const auto attention = [&](const std::string& layer, const std::string& kind, bool bias) {
    const std::string name = layer + kind;
    for (const char* part : {".q.weight", ".k.weight", ".v.weight"}) add(name + part, {inner, d});
    add(name + ".o.weight", {d, inner});
    if (bias) add(name + ".relative_attention_bias.weight", {c.relative_buckets, c.heads});
    add(layer + "layer_norm.weight", {d});
  };
  const auto feed_forward = [&](const std::string& layer) {
    const std::string dense = layer + "DenseReluDense.";
    if (c.feed_forward == FeedForward::gated_gelu) {
      add(dense + "wi_0.weight", {ff, d});
      add(dense + "wi_1.weight", {ff, d});
    } else {
      add(dense + "wi.weight", {ff, d});
    }
    add(dense + "wo.weight", {d, ff});
    add(layer + "layer_norm.weight", {d});
  };
  add("shared.weight", {c.vocabulary, d});
  for (int i = 0; i < c.encoder_layers; ++i) {
    const std::string block = fmt::format("encoder.block.{}.layer.", i);
    attention(block + "0.", "SelfAttention", i == 0);
    feed_forward(block + "1.");
  }
  add("encoder.final_layer_norm.weight", {d});
  for (int i = 0; i < c.decoder_layers; ++i) {
    const std::string block = fmt::format("decoder.block.{}.layer.", i);
    attention(block + "0.", "SelfAttention", i == 0);
    attention(block + "1.", "EncDecAttention", false);
    feed_forward(block + "2.");
  }
  add("decoder.final_layer_norm.weight", {d});
  if (!c.tied_head) add("lm_head.weight", {c.vocabulary, d});
  return tensors;
}

T5Checkpoint::T5Checkpoint(const std::filesystem::path& directory)
    : config_(read_t5_config(directory)),
      directory_(directory),
      weights_(open_weights_of_directory(directory, "model", "pytorch_model")) {
  const std::string where = weights_->files().front().string();
  std::set<std::string> left;
  for (const TensorInfo& tensor : weights_->tensors()) left.insert(tensor.name);

  for (const TensorInfo& wanted : t5_tensors(config_)) {
    std::vector<std::string> names = {wanted.name};
    if (wanted.name == "shared.weight") {
      names.assign(std::begin(embedding_names), std::end(embedding_names));
      if (config_.tied_head) names.emplace_back("lm_head.weight");
    }
    for (const std::string& name : names) {
      const TensorInfo* found = weights_->find(name);
      if (found == nullptr) continue;
      if (found->shape != wanted.shape)
        throw InputError(where + ", tensor " + name,
                         fmt::format("has shape {}, config.json asks for {}", describe_shape(found->shape),
                                     describe_shape(wanted.shape)),
                         "use the config.json that was published with these weights");
      left.erase(name);
      name_in_file_.try_emplace(wanted.name, name);
    }
    if (!name_in_file_.contains(wanted.name))
      throw InputError(where, "has no tensor " + wanted.name,
                       "use the weights that were published with this config.json, all shards of them");
  }
  left.erase(unused_bias);
  if (!left.empty())
    throw InputError(
        where + ", tensor " + *left.begin(),
        fmt::format("belongs to no part of this T5 ({} such tensors): the results would silently be another model's",
                    left.size()),
        "use the config.json that was published with these weights");
}

Tensor T5Checkpoint::read(const std::string& canonical_name) const {
  return weights_->read(name_in_file_.at(canonical_name));
}

std::vector<std::filesystem::path> T5Checkpoint::files() const {
  std::vector<std::filesystem::path> files = {directory_ / "config.json"};
  for (const auto& file : weights_->files()) files.push_back(file);
  return files;
}

}  // namespace lorasweep
