// SPDX-License-Identifier: Apache-2.0
// Singular values of the change of a linear map, what they say of it, and how alike two changes are.
#pragma once

#include "data/tensor/tensor.h"
#include "pipeline/low_rank/factors.h"

#include <span>
#include <vector>

namespace lorasweep {

/// The singular value decomposition of B A: U diag(s) V'.
struct SiteSpectrum {
  std::vector<double> values;  ///< s, descending; as many as the least of rank, out and in
  /// The columns of U and V that belong to values above max(out, in) * 2^-52 * the greatest: what B A reaches, and what
  /// it looks at. f32.
  Tensor left;   ///< [out, numerical rank]
  Tensor right;  ///< [in, numerical rank]
};

/// Of `scaling` * B A, by thin QR of the factors. InternalError if these do not fit.
SiteSpectrum spectrum_of(const Factors& factors, double scaling = 1);

/// What singular values say. Of nothing but zeros, shares and ranks are NaN.
struct SpectrumMeasures {
  double frobenius = 0;       ///< root of the sum of squares: the size of the change
  double top_share = 0;       ///< square of the greatest over the sum of squares
  double effective_rank = 0;  ///< exp of the entropy of s / sum s (Roy and Vetterli 2007): 1 to their number
  double stable_rank = 0;     ///< sum of squares over the square of the greatest: 1 to their number
};
SpectrumMeasures measures_of(std::span<const double> values);

/// How much of the narrower space lies in the other: ||X' Y||_F^2 / k over the first k columns of both, k the lesser
/// number of columns (Hu et al. 2021, LoRA, section 7.2). 0: orthogonal, 1: the same. NaN if one is empty. X, Y have
/// orthonormal columns and as many rows.
double subspace_overlap(const Tensor& x, const Tensor& y);

}  // namespace lorasweep
