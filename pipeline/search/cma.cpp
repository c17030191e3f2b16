// SPDX-License-Identifier: Apache-2.0
// Sampling, ranking and the two cumulation paths of CMA-ES.
#include "pipeline/search/cma.h"

#include "pipeline/search/evolution.h"

#include <Eigen/Dense>

#include <algorithm>
#include <cmath>
#include <vector>

namespace lorasweep {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

/// The tutorial's default parameters (its table 1), with its names.
struct Parameters {
  Parameters(std::size_t dimension, std::size_t population);

  std::size_t mu;
  VectorXd weights;
  double mueff, c_sigma, d_sigma, c_c, c_1, c_mu;
  double expected_length;  ///< of a standard normal vector
};

Parameters::Parameters(std::size_t dimension, std::size_t population)
    : mu(population / 2), weights(static_cast<Eigen::Index>(mu)) {
  const double n = static_cast<double>(dimension);
  for (Eigen::Index i = 0; i < weights.size(); ++i)
    weights[i] = std::log((static_cast<double>(population) + 1) / 2) - std::log(static_cast<double>(i + 1));
  weights /= weights.sum();
  mueff = 1 / weights.squaredNorm();
  c_sigma = (mueff + 2) / (n + mueff + 5);
  d_sigma = 1 + 2 * std::max(0.0, std::sqrt((mueff - 1) / (n + 1)) - 1) + c_sigma;
  c_c = (4 + mueff / n) / (n + 4 + 2 * mueff / n);
  c_1 = 2 / ((n + 1.3) * (n + 1.3) + mueff);
  c_mu = std::min(1 - c_1, 2 * (mueff - 2 + 1 / mueff) / ((n + 2) * (n + 2) + mueff));
  expected_length = std::sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));
}

/// The search distribution N(mean, sigma^2 C), with C = B diag(d^2) B'.
class Distribution {
 public:
  Distribution(std::size_t dimension, const SearchBox& box, std::size_t population);

  Weights sample(CounterRandom& random) const;
  /// Learns from a generation, best first.
  void learn(const Generation& ranked);

 private:
  SearchBox box_;
  Parameters parameters_;
  VectorXd mean_, path_sigma_, path_c_;
  double sigma_;
  MatrixXd covariance_, axes_;  // C, B
  VectorXd scales_;             // d
  double generation_ = 0;

  void decompose();
};

Distribution::Distribution(std::size_t dimension, const SearchBox& box, std::size_t population)
    : box_(box), parameters_(dimension, population), sigma_(evolution::first_sigma * box.width()) {
  const auto n = static_cast<Eigen::Index>(dimension);
  mean_ = VectorXd::Constant(n, std::min(evolution::first_mean * box.width(), box.high));
  path_sigma_ = path_c_ = VectorXd::Zero(n);
  covariance_ = axes_ = MatrixXd::Identity(n, n);
  scales_ = VectorXd::Ones(n);
}

Weights Distribution::sample(CounterRandom& random) const {
  VectorXd normal(mean_.size());
  for (double& component : normal) component = random.normal();
  const VectorXd point = mean_ + sigma_ * (axes_ * scales_.cwiseProduct(normal));
  return box_.bounce(Weights(point.begin(), point.end()));
}

void Distribution::learn(const Generation& ranked) {
  const auto& p = parameters_;
  const Eigen::Index n = mean_.size();
  MatrixXd steps(n, p.weights.size());  // of the selected points, in sigma
  for (Eigen::Index i = 0; i < steps.cols(); ++i)
    steps.col(i) = (Eigen::Map<const VectorXd>(ranked[i].data(), n) - mean_) / sigma_;
  const VectorXd step = steps * p.weights;
  mean_ += sigma_ * step;

  const VectorXd whitened = axes_ * scales_.cwiseInverse().cwiseProduct(axes_.transpose() * step);
  path_sigma_ = (1 - p.c_sigma) * path_sigma_ + std::sqrt(p.c_sigma * (2 - p.c_sigma) * p.mueff) * whitened;
  ++generation_;
  const double length = path_sigma_.norm();
  const double unbiased = length / std::sqrt(1 - std::pow(1 - p.c_sigma, 2 * generation_));
  const bool stalled = unbiased > (1.4 + 2 / (static_cast<double>(n) + 1)) * p.expected_length;
  path_c_ *= 1 - p.c_c;
  if (!stalled) path_c_ += std::sqrt(p.c_c * (2 - p.c_c) * p.mueff) * step;

  const double kept = 1 - p.c_1 - p.c_mu + (stalled ? p.c_1 * p.c_c * (2 - p.c_c) : 0);
  covariance_ = kept * covariance_ + p.c_1 * path_c_ * path_c_.transpose() +
                p.c_mu * steps * p.weights.asDiagonal() * steps.transpose();
  sigma_ *= std::exp(std::min(1.0, p.c_sigma / p.d_sigma * (length / p.expected_length - 1)));
  sigma_ = std::clamp(sigma_, evolution::least_sigma * box_.width(), evolution::greatest_sigma * box_.width());
  decompose();
}

void Distribution::decompose() {
  const Eigen::SelfAdjointEigenSolver<MatrixXd> solver(covariance_);
  const VectorXd variances = solver.eigenvalues();
  axes_ = solver.eigenvectors();
  scales_ = variances.cwiseMax(evolution::least_variance * variances.maxCoeff()).cwiseSqrt();
}

}  // namespace

std::size_t default_cma_population(std::size_t dimension) {
  return 4 + static_cast<std::size_t>(3 * std::log(static_cast<double>(dimension)));
}

SearchAlgorithm cma(std::size_t dimension, SearchBox box, std::size_t population, CounterRandom random) {
  return evolution::evolve(Distribution(dimension, box, population), dimension, population, random);
}

}  // namespace lorasweep
