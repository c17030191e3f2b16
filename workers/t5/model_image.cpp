// SPDX-License-Identifier: Apache-2.0
#include "workers/t5/model_image.h"

#include "workers/t5/relative_bias.h"

#include <cmath>
#include <cstring>

namespace lorasweep {
namespace {

constexpr std::size_t alignment = 64;

// Walks the network in one fixed order and gives every weight its place. With a source it fills the places too.
// Planning, writing and binding are the same walk, so that they cannot disagree.
class Walk {
 public:
  Walk(const T5Config& config, const Packing& packing, std::byte* image, const TensorSource* source)
      : config_(config), packing_(packing), image_(image), source_(source) {}

  T5Weights network() {
    T5Weights weights;
    weights.embedding = table("shared.weight", config_.vocabulary, config_.d_model);
    weights.encoder = stack("encoder", config_.encoder_layers, Direction::bidirectional);
    weights.decoder = stack("decoder", config_.decoder_layers, Direction::causal);
    weights.head =
        projection({config_.tied_head ? "shared.weight" : "lm_head.weight"}, config_.d_model, config_.vocabulary);
    return weights;
  }
  std::size_t used() const { return used_; }

 private:
  StackWeights stack(const std::string& name, int layers, Direction direction) {
    StackWeights weights;
    const bool decoder = direction == Direction::causal;
    for (int i = 0; i < layers; ++i)
      weights.layers.push_back(layer(name + ".block." + std::to_string(i) + ".layer.", decoder));
    weights.bias = bias(name + ".block.0.layer.0.SelfAttention.relative_attention_bias.weight", direction);
    const double factor = decoder && config_.tied_head ? 1 / std::sqrt(static_cast<double>(config_.d_model)) : 1;
    weights.final_norm = table(name + ".final_layer_norm.weight", 1, config_.d_model, factor);
    return weights;
  }

  LayerWeights layer(const std::string& prefix, bool decoder) {
    const int d = config_.d_model, inner = config_.inner(), ff = config_.d_ff;
    LayerWeights weights;
    const std::string self = prefix + "0.SelfAttention.";
    weights.self_norm = table(prefix + "0.layer_norm.weight", 1, d);
    weights.self.qkv = projection({self + "q.weight", self + "k.weight", self + "v.weight"}, d, 3 * inner);
    weights.self.o = projection({self + "o.weight"}, inner, d);
    if (decoder) {
      const std::string cross = prefix + "1.EncDecAttention.";
      weights.cross_norm = table(prefix + "1.layer_norm.weight", 1, d);
      weights.cross.q = projection({cross + "q.weight"}, d, inner);
      weights.cross.source.key_transposed = keys_of_heads(cross + "k.weight");
      weights.cross.source.value = values_of_heads(cross + "v.weight");
      weights.cross.o = projection({cross + "o.weight"}, inner, d);
    }
    const std::string ff_layer = prefix + (decoder ? "2." : "1.");
    const std::string dense = ff_layer + "DenseReluDense.";
    weights.ff_norm = table(ff_layer + "layer_norm.weight", 1, d);
    if (config_.feed_forward == FeedForward::gated_gelu)
      weights.ff_in = projection({dense + "wi_0.weight", dense + "wi_1.weight"}, d, 2 * ff);
    else
      weights.ff_in = projection({dense + "wi.weight"}, d, ff);
    weights.ff_out = projection({dense + "wo.weight"}, ff, d);
    return weights;
  }

  std::byte* place(std::size_t bytes) {
    std::byte* here = image_ == nullptr ? nullptr : image_ + used_;
    used_ += (bytes + alignment - 1) / alignment * alignment;
    return here;
  }

  View table(const std::string& name, int rows, int cols, double factor = 1) {
    std::byte* here = place(static_cast<std::size_t>(rows) * cols * sizeof(float));
    if (source_ != nullptr) {
      Tensor tensor = (*source_)(name);
      if (factor != 1)
        for (float& value : tensor.values) value = static_cast<float>(value * factor);
      std::memcpy(here, tensor.values.data(), tensor.values.size() * sizeof(float));
    }
    return {here, Element::f32, rows, cols, cols};
  }

  Projection projection(const std::vector<std::string>& stacked, int in, int out) {
    std::byte* here = place(packing_.packed_bytes(in, out));
    if (source_ != nullptr) {
      Tensor all = (*source_)(stacked.front());
      for (std::size_t i = 1; i < stacked.size(); ++i) {
        const Tensor next = (*source_)(stacked[i]);
        all.values.insert(all.values.end(), next.values.begin(), next.values.end());
      }
      packing_.pack(here, all.values.data(), in, out);
    }
    return {here, in, out};
  }

  // W_k [heads * k, d], head by head and transposed: maps k -> d.
  std::vector<Projection> keys_of_heads(const std::string& name) {
    const int d = config_.d_model, k = config_.d_kv;
    const Tensor tensor = source_ != nullptr ? (*source_)(name) : Tensor{};
    std::vector<Projection> heads;
    std::vector<float> transposed(source_ != nullptr ? static_cast<std::size_t>(d) * k : 0);
    for (int h = 0; h < config_.heads; ++h) {
      std::byte* here = place(packing_.packed_bytes(k, d));
      if (source_ != nullptr) {
        for (int i = 0; i < k; ++i)
          for (int j = 0; j < d; ++j)
            transposed[static_cast<std::size_t>(j) * k + i] =
                tensor.values[(static_cast<std::size_t>(h) * k + i) * d + j];
        packing_.pack(here, transposed.data(), k, d);
      }
      heads.push_back({here, k, d});
    }
    return heads;
  }

  // W_v [heads * k, d], head by head: maps d -> k.
  std::vector<Projection> values_of_heads(const std::string& name) {
    const int d = config_.d_model, k = config_.d_kv;
    const Tensor tensor = source_ != nullptr ? (*source_)(name) : Tensor{};
    std::vector<Projection> heads;
    for (int h = 0; h < config_.heads; ++h) {
      std::byte* here = place(packing_.packed_bytes(d, k));
      if (source_ != nullptr) packing_.pack(here, tensor.values.data() + static_cast<std::size_t>(h) * k * d, d, k);
      heads.push_back({here, d, k});
    }
    return heads;
  }

  RelativeBiasTable bias(const std::string& name, Direction direction) {
    const int reach = longest_sequence, width = 2 * reach + 1;
    std::byte* here = place(static_cast<std::size_t>(config_.heads) * width * sizeof(float));
    if (source_ != nullptr) {
      const std::vector<float> values =
          unroll_relative_bias((*source_)(name), reach, config_.relative_max_distance, direction);
      std::memcpy(here, values.data(), values.size() * sizeof(float));
    }
    return {{here, Element::f32, config_.heads, width, width}, reach};
  }

  const T5Config& config_;
  const Packing& packing_;
  std::byte* image_;
  const TensorSource* source_;
  std::size_t used_ = 0;
};

}  // namespace

std::size_t model_image_bytes(const T5Config& config, const Packing& packing) {
  Walk walk(config, packing, nullptr, nullptr);
  walk.network();
  return walk.used();
}

void write_model_image(std::byte* image, const T5Config& config, const Packing& packing, const TensorSource& source) {
  Walk(config, packing, image, &source).network();
}

T5Weights bind_model_image(const std::byte* image, const T5Config& config, const Packing& packing) {
  return Walk(config, packing, const_cast<std::byte*>(image), nullptr).network();
}

}  // namespace lorasweep
