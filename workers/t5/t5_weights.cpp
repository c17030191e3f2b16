// SPDX-License-Identifier: Apache-2.0
// Looks every part up in the plan, once.
#include "workers/t5/t5_weights.h"

#include <string>

namespace lorasweep {
namespace {

class Lookup {
 public:
  Lookup(const ModelPlan& plan, const BoundModel& bound) : plan_(plan), bound_(bound) {}

  View table(const Place& place) const { return bound_.tables[table_number(plan_, place)]; }
  const BoundPart& part(const Place& place) const { return bound_.parts[part_number(plan_, place)]; }

  StackWeights stack(const std::string& name, int layers, bool decoder) const {
    StackWeights weights;
    for (int i = 0; i < layers; ++i) weights.layers.push_back(layer(name, i, decoder));
    weights.bias = {table({name, -1, "position_bias"}), t5_longest_sequence};
    weights.final_norm = table({name, -1, "final_norm"});
    return weights;
  }

 private:
  LayerWeights layer(const std::string& stack, int number, bool decoder) const {
    const auto norm = [&](const char* role) { return table({stack, number, role}); };
    const auto maps = [&](const char* role) -> const BoundPart& { return part({stack, number, role}); };
    LayerWeights weights;
    weights.self_norm = norm("self_norm");
    weights.self = {maps("self_in"), maps("self_out")};
    if (decoder) {
      weights.cross_norm = norm("cross_norm");
      const BoundPart &key = maps("cross_k"), &value = maps("cross_v");
      weights.cross = {maps("cross_q"), maps("cross_out"), key.number, value.number, {key.maps, value.maps}};
    }
    weights.ff_norm = norm("ff_norm");
    weights.ff_in = maps("ff_in");
    weights.ff_out = maps("ff_out");
    return weights;
  }

  const ModelPlan& plan_;
  const BoundModel& bound_;
};

}  // namespace

T5Weights t5_weights(const T5Config& config, const ModelPlan& plan, const BoundModel& bound) {
  const Lookup lookup(plan, bound);
  return {.embedding = lookup.table({"", -1, "embedding"}),
          .encoder = lookup.stack("encoder", config.encoder_layers, false),
          .decoder = lookup.stack("decoder", config.decoder_layers, true),
          .head = lookup.part({"", -1, "head"}).maps.front()};
}

}  // namespace lorasweep
