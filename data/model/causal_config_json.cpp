// SPDX-License-Identifier: Apache-2.0
// A decoder-only configuration as manifests and worker setups carry it.
#include "data/model/causal_config.h"

#include <nlohmann/json.hpp>

namespace lorasweep {

using Json = nlohmann::ordered_json;

Json to_json(const CausalConfig& c) {
  return {{"model_type", c.model_type},
          {"d_model", c.d_model},
          {"d_ff", c.d_ff},
          {"layers", c.layers},
          {"heads", c.heads},
          {"key_heads", c.key_heads},
          {"head_width", c.head_width},
          {"vocabulary", c.vocabulary},
          {"max_positions", c.max_positions},
          {"norm_epsilon", c.norm_epsilon},
          {"tied_head", c.tied_head},
          {"input_bias", c.input_bias},
          {"output_bias", c.output_bias},
          {"ff_bias", c.ff_bias},
          {"head_norms", c.head_norms},
          {"windows", c.windows},
          {"rope", to_json(c.rope)},
          {"end_tokens", c.end_tokens}};
}

CausalConfig causal_config_from_json(const Json& j) {
  CausalConfig c;
  c.model_type = j.at("model_type");
  c.d_model = j.at("d_model");
  c.d_ff = j.at("d_ff");
  c.layers = j.at("layers");
  c.heads = j.at("heads");
  c.key_heads = j.at("key_heads");
  c.head_width = j.at("head_width");
  c.vocabulary = j.at("vocabulary");
  c.max_positions = j.at("max_positions");
  c.norm_epsilon = j.at("norm_epsilon");
  c.tied_head = j.at("tied_head");
  c.input_bias = j.at("input_bias");
  c.output_bias = j.at("output_bias");
  c.ff_bias = j.at("ff_bias");
  c.head_norms = j.at("head_norms");
  c.windows = j.at("windows").get<std::vector<int>>();
  c.rope = rope_from_json(j.at("rope"));
  c.end_tokens = j.at("end_tokens").get<std::vector<std::int32_t>>();
  return c;
}

}  // namespace lorasweep
