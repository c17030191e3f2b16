// SPDX-License-Identifier: Apache-2.0
// Weight by weight what cma does with matrices.
#include "pipeline/search/separable_cma.h"

#include "pipeline/search/evolution.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace lorasweep {
namespace {

double square(double x) { return x * x; }

}  // namespace

SeparableDistribution::SeparableDistribution(std::size_t dimension, const SearchBox& box, std::size_t population)
    : box_(box),
      recombination_(population / 2),
      mean_(dimension, std::min(evolution::first_mean * box.width(), box.high)),
      variances_(dimension, 1.0),
      path_sigma_(dimension, 0.0),
      path_c_(dimension, 0.0),
      sigma_(evolution::first_sigma * box.width()) {
  const double n = static_cast<double>(dimension), mu = static_cast<double>(recombination_.size());
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < recombination_.size(); ++i)
    sum += recombination_[i] = std::log(mu + 1) - std::log(static_cast<double>(i + 1));
  for (double& weight : recombination_) squares += square(weight /= sum);
  mueff_ = 1 / squares;
  c_sigma_ = (mueff_ + 2) / (n + mueff_ + 3);
  d_sigma_ = 1 + 2 * std::max(0.0, std::sqrt((mueff_ - 1) / (n + 1)) - 1) + c_sigma_;
  c_c_ = 4 / (n + 4);
  const double whole = 1 / mueff_ * 2 / square(n + std::numbers::sqrt2) +
                       (1 - 1 / mueff_) * std::min(1.0, (2 * mueff_ - 1) / (square(n + 2) + mueff_));
  const double c_cov = std::min(1.0, (n + 2) / 3 * whole);
  c_one_ = c_cov / mueff_;
  c_mu_ = c_cov * (1 - 1 / mueff_);
  expected_length_ = std::sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));
}

Weights SeparableDistribution::sample(CounterRandom& random) const {
  Weights point = mean_;
  for (std::size_t i = 0; i < point.size(); ++i) point[i] += sigma_ * std::sqrt(variances_[i]) * random.normal();
  return box_.bounce(std::move(point));
}

void SeparableDistribution::learn(const Generation& ranked) {
  const std::size_t n = mean_.size();
  std::vector<double> step(n, 0.0), squares(n, 0.0);  // of the selected points, in sigma
  for (std::size_t k = 0; k < recombination_.size(); ++k)
    for (std::size_t i = 0; i < n; ++i) {
      const double own = (ranked[k][i] - mean_[i]) / sigma_;
      step[i] += recombination_[k] * own;
      squares[i] += recombination_[k] * own * own;
    }
  const double sigma = sigma_;  // of this generation
  const bool stalled = adapt_step(step);
  const double kept = 1 - c_one_ - c_mu_ + (stalled ? c_one_ * c_c_ * (2 - c_c_) : 0);
  double greatest = 0;
  for (std::size_t i = 0; i < n; ++i) {
    mean_[i] += sigma * step[i];
    path_c_[i] *= 1 - c_c_;
    if (!stalled) path_c_[i] += std::sqrt(c_c_ * (2 - c_c_) * mueff_) * step[i];
    variances_[i] = kept * variances_[i] + c_one_ * square(path_c_[i]) + c_mu_ * squares[i];
    greatest = std::max(greatest, variances_[i]);
  }
  for (double& variance : variances_) variance = std::max(variance, evolution::least_variance * greatest);
}

// Whether the other path has to wait, because steps all go one way.
bool SeparableDistribution::adapt_step(const std::vector<double>& step) {
  double squares = 0;
  for (std::size_t i = 0; i < step.size(); ++i) {
    path_sigma_[i] = (1 - c_sigma_) * path_sigma_[i] +
                     std::sqrt(c_sigma_ * (2 - c_sigma_) * mueff_) * step[i] / std::sqrt(variances_[i]);
    squares += square(path_sigma_[i]);
  }
  ++generation_;
  const double length = std::sqrt(squares), n = static_cast<double>(step.size());
  const double unbiased = length / std::sqrt(1 - std::pow(1 - c_sigma_, 2 * generation_));
  sigma_ *= std::exp(std::min(1.0, c_sigma_ / d_sigma_ * (length / expected_length_ - 1)));
  sigma_ = std::clamp(sigma_, evolution::least_sigma * box_.width(), evolution::greatest_sigma * box_.width());
  return unbiased > (1.4 + 2 / (n + 1)) * expected_length_;
}

SearchAlgorithm separable_cma(std::size_t dimension, SearchBox box, std::size_t population, CounterRandom random) {
  return evolution::evolve(SeparableDistribution(dimension, box, population), dimension, population, random);
}

}  // namespace lorasweep
