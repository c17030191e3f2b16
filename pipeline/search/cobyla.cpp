// SPDX-License-Identifier: Apache-2.0
// The decisions of COBYLA; the simplex they are made on is cobyla_simplex.
#include "pipeline/search/cobyla.h"

#include "pipeline/search/cobyla_simplex.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

// Powell's constants, as factors of rho where they are lengths.
constexpr double least_height = 0.25;     // a flatter vertex is not acceptable
constexpr double greatest_edge = 2.1;     // nor is one farther from the pole
constexpr double repair_length = 0.5;     // how far from the pole a repaired vertex is put
constexpr double replace_distance = 1.1;  // a vertex farther from the new point than this is preferably replaced
constexpr double good_reduction = 0.1;    // of the reduction predicted
constexpr double first_rho = 1.0;         // in standard units
constexpr double standard_units = 6.0;    // of which the box is wide: nevergrad's parametrisation

void scale(Vector& vector, double factor) {
  for (double& component : vector) component *= factor;
}

/// Sizes of the simplex at the pole it has now.
struct Shape {
  Vector heights, edges;
  bool acceptable = true;
};

Shape shape_of(const CobylaSimplex& simplex, double rho) {
  Shape shape;
  for (std::size_t j = 0; j < simplex.dimension(); ++j) {
    shape.heights.push_back(simplex.height(j));
    shape.edges.push_back(simplex.edge_length(j));
    if (shape.heights[j] < least_height * rho || shape.edges[j] > greatest_edge * rho) shape.acceptable = false;
  }
  return shape;
}

/// The farthest of the vertices that are too far, or else the flattest.
std::size_t worst_vertex(const Shape& shape, double rho) {
  std::optional<std::size_t> worst;
  double longest = greatest_edge * rho;
  for (std::size_t j = 0; j < shape.edges.size(); ++j)
    if (shape.edges[j] > longest) worst = j, longest = shape.edges[j];
  if (worst) return *worst;
  const auto flattest = std::min_element(shape.heights.begin(), shape.heights.end());
  return flattest - shape.heights.begin();
}

/// Perpendicular to the face opposite vertex j, on the side where the model is lower.
Vector repairing_step(const CobylaSimplex& simplex, const Vector& gradient, const Shape& shape, std::size_t j,
                      double rho) {
  const double length = repair_length * rho * shape.heights[j];
  Vector step = simplex.normal(j);
  scale(step, length);
  if (dot(gradient, step) > 0) scale(step, -1);
  return step;
}

/// -rho · gradient / |gradient|, reached by turning a unit vector towards -gradient coordinate by coordinate,
/// the last first, as Powell's linear program does: the same in exact arithmetic, and the same last bits,
/// which decide between tied vertices.
Vector descending_step(const Vector& gradient, double rho) {
  Vector step(gradient.size(), 0.0);
  double slope = 0;  // along step, which is a unit vector
  for (std::size_t k = gradient.size(); k-- > 0;) {
    if (slope * slope == 0) {
      std::fill(step.begin(), step.end(), 0.0);
      step[k] = 1;
      slope = -gradient[k];
    } else {
      const double turned = std::sqrt(gradient[k] * gradient[k] + slope * slope);
      scale(step, slope / turned);
      step[k] = -gradient[k] / turned;
      slope = turned;
    }
  }
  scale(step, 1 / slope);
  scale(step, rho * rho / std::sqrt(dot(step, step) * (rho * rho)));
  return step;
}

/// Which vertex gives way to pole + step, if any: one that the step goes far along, preferably one that lies
/// far away.
std::optional<std::size_t> replaceable_vertex(const CobylaSimplex& simplex, const Shape& shape, const Vector& step,
                                              double rho, double reduction) {
  std::optional<std::size_t> chosen, far;
  double greatest_share = reduction > 0 ? 0 : 1;
  double greatest_distance = replace_distance * rho;
  for (std::size_t j = 0; j < simplex.dimension(); ++j) {
    const double share = std::abs(simplex.share(j, step));
    if (share > greatest_share) chosen = j, greatest_share = share;
    const double new_height = share * shape.heights[j];
    if (new_height < least_height * rho && new_height < shape.heights[j]) continue;
    const double distance = reduction > 0 ? simplex.distance(j, step) : shape.edges[j];
    if (distance > greatest_distance) far = j, greatest_distance = distance;
  }
  return far ? far : chosen;
}

}  // namespace

SearchAlgorithm cobyla(std::size_t dimension, SearchBox box) {
  const double unit = box.width() / standard_units;
  const auto weights = [box, unit](Vector point) {
    scale(point, unit);
    return box.bounce(std::move(point));
  };
  enum class Next { descend, repair_if_needed };

  Vector start(dimension, 0.0);
  double best = std::numeric_limits<double>::infinity();
  while (true) {  // a pass ends where rounding has spoilt the simplex or its values
    double rho = first_rho;
    const double first = co_yield weights(start);
    CobylaSimplex simplex(start, first, rho);
    for (std::size_t j = 0; j < dimension; ++j) {
      const double value = co_yield weights(simplex.vertex(j));
      simplex.value_first_vertex(j, value);
    }

    Next next = Next::descend;
    while (rho * rho > 0) {
      simplex.move_pole_to_best();
      const Vector gradient = simplex.gradient();
      const double slope = norm(gradient);
      if (!simplex.inverse_holds() || !std::isfinite(slope)) break;
      const Shape shape = shape_of(simplex, rho);

      if (std::exchange(next, Next::descend) == Next::repair_if_needed && !shape.acceptable) {
        const std::size_t worst = worst_vertex(shape, rho);
        const Vector step = repairing_step(simplex, gradient, shape, worst, rho);
        const double value = co_yield weights(simplex.moved(step));
        simplex.replace(worst, step, value);
        continue;
      }
      if (slope > 0) {
        const Vector step = descending_step(gradient, rho);
        const double value = co_yield weights(simplex.moved(step));
        const double reduction = simplex.pole_value() - value;
        const auto leaving = replaceable_vertex(simplex, shape, step, rho, reduction);
        if (leaving) simplex.replace(*leaving, step, value);
        const double predicted = -dot(gradient, step);
        if (leaving && reduction > 0 && reduction >= good_reduction * predicted) continue;
      }
      if (shape.acceptable)
        rho *= 0.5;
      else
        next = Next::repair_if_needed;
    }
    if (simplex.pole_value() < best) {
      best = simplex.pole_value();
      start = simplex.pole();
    }
  }
}

}  // namespace lorasweep
