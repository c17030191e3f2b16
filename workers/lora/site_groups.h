// SPDX-License-Identifier: Apache-2.0
// LoRA sites grouped by the input they share: one product with the stacked A serves the whole group.
#pragma once

#include "data/model/lora_sites.h"
#include "data/model/scope.h"
#include "workers/ops/index.h"

#include <vector>

namespace lorasweep {

struct SiteGroup {
  struct Entry {
    int site = 0;      ///< index into lora_sites(plan)
    Index column = 0;  ///< where the site's output begins in the group's fused output (q | k | v)
    Index out = 0;
    int place = 0;  ///< whose number counts for it (data/model/scope.h)
  };
  Place place;  ///< in the network: its stack, layer and role
  Index in = 0;
  std::vector<Entry> entries;  ///< none where no adapter may change the part
};

/// The groups of a network: one a part of the plan, by its number.
class SiteGroups {
 public:
  explicit SiteGroups(const ModelPlan& plan, const ScopePlaces& places = {});
  int sites() const { return sites_; }
  int places() const { return places_; }  ///< that have numbers of their own, at least 1
  const std::vector<SiteGroup>& all() const { return groups_; }

 private:
  int sites_ = 0, places_ = 1;
  std::vector<SiteGroup> groups_;
};

}  // namespace lorasweep
