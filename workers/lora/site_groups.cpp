// SPDX-License-Identifier: Apache-2.0
// A group is what an adapter may change of a part.
#include "workers/lora/site_groups.h"

namespace lorasweep {

SiteGroups::SiteGroups(const ModelPlan& plan, const ScopePlaces& places) : places_(static_cast<int>(places.count())) {
  for (const PartPlan& part : plan.parts) groups_.push_back({.place = part.place, .in = part.in(), .entries = {}});
  for (const LoraSite& site : lora_sites(plan)) {
    groups_[site.part].entries.push_back(
        {.site = sites_, .column = site.column, .out = site.out, .place = places.of(sites_)});
    ++sites_;
  }
}

}  // namespace lorasweep
