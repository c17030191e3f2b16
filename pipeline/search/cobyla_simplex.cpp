// SPDX-License-Identifier: Apache-2.0
// Rank-one updates of the simplex and of its inverse.
#include "pipeline/search/cobyla_simplex.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace lorasweep {
namespace {

constexpr double inverse_tolerance = 0.1;

std::vector<Vector> diagonal(std::size_t n, double value) {
  std::vector<Vector> rows(n, Vector(n, 0.0));
  for (std::size_t i = 0; i < n; ++i) rows[i][i] = value;
  return rows;
}

}  // namespace

double dot(const Vector& a, const Vector& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

double norm(const Vector& a) { return std::sqrt(dot(a, a)); }

CobylaSimplex::CobylaSimplex(Vector pole, double pole_value, double rho)
    : pole_(std::move(pole)),
      pole_value_(pole_value),
      edges_(diagonal(pole_.size(), rho)),
      normals_(diagonal(pole_.size(), 1 / rho)),
      values_(pole_.size(), pole_value) {}

Vector CobylaSimplex::moved(const Vector& step) const {
  Vector point = pole_;
  for (std::size_t i = 0; i < point.size(); ++i) point[i] += step[i];
  return point;
}

void CobylaSimplex::value_first_vertex(std::size_t j, double value) {
  values_[j] = value;
  if (pole_value_ <= value) return;
  const double rho = edges_[j][j];
  pole_[j] += rho;
  std::swap(values_[j], pole_value_);
  for (std::size_t k = 0; k <= j; ++k) {
    edges_[k][j] = -rho;
    double sum = 0;
    for (std::size_t i = k; i <= j; ++i) sum -= normals_[i][k];
    normals_[j][k] = sum;
  }
}

void CobylaSimplex::move_pole_to_best() {
  const auto best = std::min_element(values_.begin(), values_.end());
  if (!(*best < pole_value_)) return;
  std::swap(*best, pole_value_);
  const std::size_t j = best - values_.begin();
  const Vector step = edges_[j];
  edges_[j].assign(dimension(), 0.0);
  pole_ = moved(step);
  Vector sum(dimension(), 0.0);
  for (std::size_t k = 0; k < dimension(); ++k)
    for (std::size_t i = 0; i < dimension(); ++i) {
      edges_[k][i] -= step[i];
      sum[i] -= normals_[k][i];
    }
  normals_[j] = sum;
}

bool CobylaSimplex::inverse_holds() const {
  for (std::size_t i = 0; i < dimension(); ++i)
    for (std::size_t j = 0; j < dimension(); ++j) {
      const double identity = i == j ? 1 : 0;
      // written so that NaN fails, too
      if (!(std::abs(dot(normals_[i], edges_[j]) - identity) <= inverse_tolerance)) return false;
    }
  return true;
}

Vector CobylaSimplex::gradient() const {
  Vector gradient(dimension(), 0.0);
  for (std::size_t j = 0; j < dimension(); ++j) {
    const double rise = values_[j] - pole_value_;
    for (std::size_t i = 0; i < dimension(); ++i) gradient[i] += rise * normals_[j][i];
  }
  return gradient;
}

double CobylaSimplex::distance(std::size_t j, const Vector& step) const {
  double sum = 0;
  for (std::size_t i = 0; i < dimension(); ++i) {
    const double difference = step[i] - edges_[j][i];
    sum += difference * difference;
  }
  return std::sqrt(sum);
}

void CobylaSimplex::replace(std::size_t j, const Vector& step, double value) {
  edges_[j] = step;
  values_[j] = value;
  const double own = share(j, step);
  for (double& component : normals_[j]) component /= own;
  for (std::size_t k = 0; k < dimension(); ++k) {
    if (k == j) continue;
    const double part = share(k, step);
    for (std::size_t i = 0; i < dimension(); ++i) normals_[k][i] -= part * normals_[j][i];
  }
}

}  // namespace lorasweep
