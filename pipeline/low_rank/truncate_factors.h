// SPDX-License-Identifier: Apache-2.0
// The best approximation of a low-rank product by one of lower rank.
#pragma once

#include "pipeline/low_rank/factors.h"

namespace lorasweep {

struct Truncated {
  Factors factors;
  double relative_error = 0;  ///< Frobenius norm of what was lost over that of B A; 0 for B A = 0
};

/// B A cut to `rank` by its singular values (Eckart and Young), computed in double from the factors alone;
/// each factor takes the square root of a singular value. Factors of no higher rank come back as they are.
/// InternalError if their shapes do not fit.
Truncated truncate_factors(Factors factors, int rank);

}  // namespace lorasweep
