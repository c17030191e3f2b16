// SPDX-License-Identifier: Apache-2.0
// The simplex COBYLA reasons on: a pole, the vertices around it, and the linear model through their values.
#pragma once

#include <cstddef>
#include <vector>

namespace lorasweep {

/// A point or a displacement of the search space.
using Vector = std::vector<double>;

double dot(const Vector& a, const Vector& b);
double norm(const Vector& a);

/// n + 1 points with their values: the pole P, and n vertices P + edge(j). Beside the edges it keeps the
/// inverse of their matrix, whose row j, the normal of the face opposite vertex j, says how far a
/// displacement goes towards vertex j. All sums run in index order: where points are tied, as they often are
/// here, the last bit of a sum decides.
class CobylaSimplex {
 public:
  /// The corner of edges `rho` along the axes at `pole`; its vertices are valued by `value_first_vertex`, in
  /// order.
  CobylaSimplex(Vector pole, double pole_value, double rho);

  std::size_t dimension() const { return pole_.size(); }
  const Vector& pole() const { return pole_; }
  double pole_value() const { return pole_value_; }
  Vector vertex(std::size_t j) const { return moved(edges_[j]); }
  Vector moved(const Vector& step) const;  ///< P + step

  /// The value of a vertex of the first simplex. If it is below the pole's, this coordinate's step is kept:
  /// the two change places, and later vertices start from the new pole.
  void value_first_vertex(std::size_t j, double value);

  /// Makes the vertex with the lowest value the pole; the old one wins ties.
  void move_pole_to_best();
  /// False when rounding has spoilt the inverse.
  bool inverse_holds() const;

  /// Gradient of the linear interpolation of the values.
  Vector gradient() const;
  double height(std::size_t j) const { return 1 / norm(normals_[j]); }  ///< distance of vertex j from the opposite face
  double edge_length(std::size_t j) const { return norm(edges_[j]); }
  double distance(std::size_t j, const Vector& step) const;  ///< |P + step - vertex j|
  double share(std::size_t j, const Vector& step) const { return dot(normals_[j], step); }
  const Vector& normal(std::size_t j) const { return normals_[j]; }

  /// P + step takes the place of vertex j.
  void replace(std::size_t j, const Vector& step, double value);

 private:
  Vector pole_;
  double pole_value_;
  std::vector<Vector> edges_;
  std::vector<Vector> normals_;
  Vector values_;  // of the vertices
};

}  // namespace lorasweep
