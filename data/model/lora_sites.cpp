// SPDX-License-Identifier: Apache-2.0
// Derives adapter sites and default targets from the plan.
#include "data/model/lora_sites.h"

#include <set>

namespace lorasweep {

std::vector<LoraSite> lora_sites(const ModelPlan& plan) {
  std::vector<LoraSite> sites;
  for (std::size_t number = 0; number < plan.parts.size(); ++number) {
    int column = 0;
    for (const MapPlan& map : plan.parts[number].maps) {
      if (map.adaptable())
        sites.push_back({.module = map.module,
                         .in = map.in,
                         .out = map.out,
                         .part = static_cast<int>(number),
                         .column = column,
                         .is_output_head = map.is_output_head});
      column += map.out;
    }
  }
  return sites;
}

std::vector<std::string> default_target_modules(const ModelPlan& plan) {
  std::set<std::string> leaves;
  for (const PartPlan& part : plan.parts)
    for (const MapPlan& map : part.maps)
      if (map.adaptable() && map.default_target) leaves.insert(map.module.substr(map.module.rfind('.') + 1));
  return {leaves.begin(), leaves.end()};
}

}  // namespace lorasweep
