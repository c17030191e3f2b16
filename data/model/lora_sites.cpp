// SPDX-License-Identifier: Apache-2.0
// The order written here is the order of sites everywhere.
#include "data/model/lora_sites.h"

namespace lorasweep {

std::vector<LoraSite> lora_sites(const T5Config& config) {
  std::vector<LoraSite> sites;
  const int d = config.d_model, inner = config.inner();
  const auto attention = [&](const std::string& prefix) {
    for (const char* part : {"q", "k", "v"}) sites.push_back({prefix + part, d, inner});
    sites.push_back({prefix + "o", inner, d});
  };
  const auto feed_forward = [&](const std::string& prefix) {
    if (config.feed_forward == FeedForward::gated_gelu) {
      sites.push_back({prefix + "wi_0", d, config.d_ff});
      sites.push_back({prefix + "wi_1", d, config.d_ff});
    } else {
      sites.push_back({prefix + "wi", d, config.d_ff});
    }
    sites.push_back({prefix + "wo", config.d_ff, d});
  };
  for (int i = 0; i < config.encoder_layers; ++i) {
    const std::string layer = "encoder.block." + std::to_string(i) + ".layer.";
    attention(layer + "0.SelfAttention.");
    feed_forward(layer + "1.DenseReluDense.");
  }
  for (int i = 0; i < config.decoder_layers; ++i) {
    const std::string layer = "decoder.block." + std::to_string(i) + ".layer.";
    attention(layer + "0.SelfAttention.");
    attention(layer + "1.EncDecAttention.");
    feed_forward(layer + "2.DenseReluDense.");
  }
  return sites;
}

}  // namespace lorasweep
