// SPDX-License-Identifier: Apache-2.0
// Many tests at once: Holm's step-down adjustment.
#pragma once

#include <span>
#include <vector>

namespace lorasweep {

/// Adjusted p-values, in the order given: with p(1) <= ... <= p(m), that of p(i) is the greatest of
/// min(1, (m - j + 1) p(j)) over j <= i (Holm 1979, Scandinavian Journal of Statistics 6(2)). To reject what is at most
/// alpha keeps the chance of any false rejection at most alpha, however the tests depend on each other. All tests of
/// the family belong in one call. InternalError for a NaN, or a value outside of [0, 1].
std::vector<double> holm_adjusted(std::span<const double> p);

}  // namespace lorasweep
