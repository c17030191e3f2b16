// SPDX-License-Identifier: Apache-2.0
// Looks every part up in the plan, once.
#include "workers/causal/causal_weights.h"

#include <cmath>

namespace lorasweep {

CausalWeights causal_weights(const CausalConfig& config, const ModelPlan& plan, const BoundModel& bound) {
  const auto table = [&](const Place& place) { return bound.tables[table_number(plan, place)]; };
  const auto part = [&](const Place& place) -> const BoundPart& { return bound.parts[part_number(plan, place)]; };
  CausalWeights weights{.embedding = table({"", -1, "embedding"}),
                        .rotation = {table({"", -1, "cosine"}), table({"", -1, "sine"})},
                        .layers = {},
                        .final_norm = table({"decoder", -1, "final_norm"}),
                        .head = part({"", -1, "head"})};
  for (int i = 0; i < config.layers; ++i) {
    const auto at = [&](const char* role) { return Place{"decoder", i, role}; };
    CausalLayer& layer = weights.layers.emplace_back();
    layer.self_norm = table(at("self_norm"));
    layer.ff_norm = table(at("ff_norm"));
    if (config.head_norms) layer.head_norms = {table(at("query_norm")), table(at("key_norm")), config.norm_epsilon};
    layer.window = config.window(i);
    layer.self_in = part(at("self_in"));
    layer.self_out = part(at("self_out"));
    layer.ff_in = part(at("ff_in"));
    layer.ff_out = part(at("ff_out"));
  }
  return weights;
}

HeadGroups head_groups(const CausalConfig& config) {
  return {.heads = config.heads,
          .key_heads = config.key_heads,
          .width = config.head_width,
          .scale = static_cast<float>(1 / std::sqrt(static_cast<double>(config.head_width)))};
}

}  // namespace lorasweep
