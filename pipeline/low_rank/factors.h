// SPDX-License-Identifier: Apache-2.0
// The change of one linear map, as two factors.
#pragma once

#include "data/tensor/tensor.h"

namespace lorasweep {

/// B A. What is done with them here is computed in double, from the factors: out x in is formed only where it is said.
struct Factors {
  Tensor a;  ///< [rank, in]
  Tensor b;  ///< [out, rank]
};

/// InternalError if A and B do not have one rank.
void require_one_rank(const Factors& factors);

}  // namespace lorasweep
