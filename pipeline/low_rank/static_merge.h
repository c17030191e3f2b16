// SPDX-License-Identifier: Apache-2.0
// Merges of adapters by a fixed rule, as PEFT's add_weighted_adapter() has them, one linear map at a time.
#pragma once

#include "pipeline/low_rank/factors.h"

#include <span>
#include <stdexcept>

namespace lorasweep {

/// PEFT's `combination_type`. `linear`, `ties` and `magnitude_prune`, which merge A and B apart, are not here, nor is
/// `dare_*`, which draws random masks.
enum class StaticMerge {
  cat,                  ///< the weighted sum of the changes, exactly: factors side by side
  svd,                  ///< the same, cut to a rank
  ties_svd,             ///< TIES (Yadav et al. 2023, arXiv 2306.01708), cut to a rank
  magnitude_prune_svd,  ///< the weighted sum of what is largest in each change, cut to a rank
};

/// As users write it: PEFT's word.
constexpr const char* name_of(StaticMerge merge) {
  switch (merge) {
    case StaticMerge::cat: return "cat";
    case StaticMerge::svd: return "svd";
    case StaticMerge::ties_svd: return "ties_svd";
    case StaticMerge::magnitude_prune_svd: return "magnitude_prune_svd";
  }
  throw std::logic_error("a merge without a name");
}

/// How TIES elects the sign of an entry: by the sum of the pruned changes, or by how many have it.
enum class MajoritySign { total, frequency };

struct MergeRule {
  StaticMerge merge = StaticMerge::svd;
  int rank = 1;                             ///< of the result; `cat` has the sum of all ranks
  double density = 0.2;                     ///< share of entries that pruning leaves, 0 to 1
  MajoritySign sign = MajoritySign::total;  ///< of ties_svd
};

/// weight * scaling * B A.
struct MergeTerm {
  Factors factors;
  double scaling = 1, weight = 1;
};

/// The merged change of one linear map; the scaling is in B. `terms`: of all adapters that change the map, in order.
///
/// `svd` goes by thin QR of the factors. Pruning looks at entries, so ties_svd and magnitude_prune_svd form the change
/// out x in of one adapter after the other, and sums of it: at most seven matrices of this size in double, whatever the
/// number of adapters. Of entries of one magnitude at the limit the first in row-major order stay. A map that is
/// smaller than the rank is filled up with zeros. InternalError if the terms do not fit together or there are none.
Factors merge_site(std::span<const MergeTerm> terms, const MergeRule& rule);

}  // namespace lorasweep
