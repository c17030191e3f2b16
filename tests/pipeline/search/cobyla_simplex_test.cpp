// SPDX-License-Identifier: Apache-2.0
// The simplex: interpolation, geometry and the inverse that follows its changes.
#include "pipeline/search/cobyla_simplex.h"

#include <gtest/gtest.h>

#include <cmath>

namespace lorasweep {
namespace {

double plane(const Vector& x) { return 3 - 2 * x[0] + 0.5 * x[1] + x[2]; }

/// Around (1, 2, 3), with the values of the plane.
CobylaSimplex valued_simplex(double rho) {
  const Vector pole = {1, 2, 3};
  CobylaSimplex simplex(pole, plane(pole), rho);
  for (std::size_t j = 0; j < 3; ++j) simplex.value_first_vertex(j, plane(simplex.vertex(j)));
  return simplex;
}

void expect_plane(const CobylaSimplex& simplex) {
  EXPECT_NEAR(simplex.pole_value(), plane(simplex.pole()), 1e-14);
  const Vector gradient = simplex.gradient();
  EXPECT_NEAR(gradient[0], -2, 1e-14);
  EXPECT_NEAR(gradient[1], 0.5, 1e-14);
  EXPECT_NEAR(gradient[2], 1, 1e-14);
  EXPECT_TRUE(simplex.inverse_holds());
}

TEST(CobylaSimplex, InterpolatesAPlane) { expect_plane(valued_simplex(0.25)); }

TEST(CobylaSimplex, KeepsTheStepOfACoordinateThatHelps) {
  const CobylaSimplex simplex = valued_simplex(0.25);
  EXPECT_EQ(simplex.pole(), (Vector{1.25, 2, 3}));
  EXPECT_EQ(simplex.vertex(0), (Vector{1, 2, 3}));
}

TEST(CobylaSimplex, InterpolatesAfterAReplacement) {
  CobylaSimplex simplex = valued_simplex(0.25);
  const Vector step = {0.3, -0.2, -0.1};
  simplex.replace(1, step, plane(simplex.moved(step)));
  expect_plane(simplex);
  simplex.move_pole_to_best();
  EXPECT_EQ(simplex.pole(), (Vector{1.55, 1.8, 2.9}));
  expect_plane(simplex);
}

TEST(CobylaSimplex, ThePoleWinsTies) {
  CobylaSimplex simplex({0, 0}, 1, 1);
  simplex.value_first_vertex(0, 1);
  simplex.value_first_vertex(1, 1);
  simplex.move_pole_to_best();
  EXPECT_EQ(simplex.pole(), (Vector{0, 0}));
}

TEST(CobylaSimplex, MeasuresItself) {
  CobylaSimplex simplex({0, 0}, 0, 2);
  simplex.value_first_vertex(0, 1);
  simplex.value_first_vertex(1, 1);
  EXPECT_DOUBLE_EQ(simplex.height(0), 2);
  EXPECT_DOUBLE_EQ(simplex.edge_length(1), 2);
  EXPECT_DOUBLE_EQ(simplex.distance(0, {0, 1}), std::sqrt(5.0));
  EXPECT_DOUBLE_EQ(simplex.share(1, {0, 1}), 0.5);
}

TEST(CobylaSimplex, KnowsThatItIsSpoilt) {
  CobylaSimplex flat({0, 0}, 0, 1);
  flat.replace(0, {0, 1}, 0);  // both edges now point the same way
  EXPECT_FALSE(flat.inverse_holds());
}

}  // namespace
}  // namespace lorasweep
