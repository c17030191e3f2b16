// SPDX-License-Identifier: Apache-2.0
// CMA-ES without correlations: one variance a weight, for more weights than a whole covariance can be learnt of.
#pragma once

#include "data/random/counter_random.h"
#include "pipeline/search/reverse_communication.h"
#include "pipeline/search/search_box.h"

#include <cstddef>
#include <vector>

namespace lorasweep {

/// The search distribution N(mean, sigma^2 diag(variances)), and how it learns: sep-CMA-ES of R. Ros and N. Hansen, "A
/// Simple Modification in CMA-ES Achieving Linear Time and Space Complexity" (PPSN 2008). Recombination weights,
/// c_sigma, d_sigma, c_c and c_cov are that paper's defaults, mu_cov = mu_eff, and c_cov = min(1, (n + 2) / 3 of what a
/// whole covariance would have). As in `cma`, the path of the covariance stalls by the tutorial's rule
/// (arXiv:1604.00772), and one generation multiplies sigma by e at most. All lengths are in weights, not in widths of
/// the box.
class SeparableDistribution {
 public:
  /// As `cma` begins: the mean a sixtieth of the box's width above 0, sigma a thirtieth, variances 1. `population`: at
  /// least 2.
  SeparableDistribution(std::size_t dimension, const SearchBox& box, std::size_t population);

  /// Brought back into the box.
  Weights sample(CounterRandom& random) const;
  /// Learns from a generation of `population` points, best first.
  void learn(const Generation& ranked);

  const std::vector<double>& mean() const { return mean_; }
  double sigma() const { return sigma_; }
  const std::vector<double>& variances() const { return variances_; }  ///< relative to sigma squared

 private:
  bool adapt_step(const std::vector<double>& step);

  SearchBox box_;
  std::vector<double> recombination_;  ///< weights of the best half
  double mueff_ = 0, c_sigma_ = 0, d_sigma_ = 0, c_c_ = 0, c_one_ = 0, c_mu_ = 0;
  double expected_length_ = 0;  ///< of a standard normal vector
  std::vector<double> mean_, variances_, path_sigma_, path_c_;
  double sigma_ = 0, generation_ = 0;
};

/// The first points are w = 0 and, without waiting for it, the first generation; then whole generations of `population`
/// >= 2 points. A sample outside the box is bounced into it and learnt from as bounced.
SearchAlgorithm separable_cma(std::size_t dimension, SearchBox box, std::size_t population, CounterRandom random);

}  // namespace lorasweep
