// SPDX-License-Identifier: Apache-2.0
// Drives an optimizer to its end, one point at a time or as many as it offers.
#pragma once

#include "pipeline/search/optimizer.h"

#include <cstddef>
#include <functional>
#include <vector>

namespace lorasweep {

using Objective = std::function<double(const Weights&)>;

struct Trace {
  std::vector<Weights> points;
  std::vector<double> objectives;
  bool operator==(const Trace&) const = default;
};

/// Asks for up to `piece` points, evaluates and tells them, until none are offered (or a million are, which
/// no test wants).
inline Trace minimise(Optimizer& optimizer, const Objective& objective, std::size_t piece) {
  Trace trace;
  while (trace.points.size() < 1'000'000) {
    const std::vector<Weights> points = optimizer.ask(piece);
    if (points.empty()) break;
    std::vector<double> objectives;
    for (const Weights& point : points) objectives.push_back(objective(point));
    trace.points.insert(trace.points.end(), points.begin(), points.end());
    trace.objectives.insert(trace.objectives.end(), objectives.begin(), objectives.end());
    optimizer.tell(objectives);
  }
  return trace;
}

}  // namespace lorasweep
