// SPDX-License-Identifier: Apache-2.0
// LoRA sites grouped by the input they share: one product with the stacked A serves the whole group.
#pragma once

#include "data/model/lora_sites.h"

#include <vector>

namespace lorasweep {

enum class Stack { encoder, decoder };
enum class Part { self_in, self_out, cross_q, cross_k, cross_v, cross_out, ff_in, ff_out };

struct SiteGroup {
  struct Entry {
    int site = 0;    ///< index into lora_sites(config)
    int column = 0;  ///< where the site's output begins in the group's fused output (q | k | v, wi_0 | wi_1)
    int out = 0;
  };
  int in = 0;
  std::vector<Entry> entries;
};

/// All groups of a network, in the order of lora_sites.
class SiteGroups {
 public:
  explicit SiteGroups(const T5Config& config);
  int sites() const { return sites_; }
  const std::vector<SiteGroup>& all() const { return groups_; }
  int index(Stack stack, int layer, Part part) const;  ///< into all(); cross parts belong to the decoder only

 private:
  int encoder_layers_, sites_ = 0;
  std::vector<SiteGroup> groups_;
};

}  // namespace lorasweep
