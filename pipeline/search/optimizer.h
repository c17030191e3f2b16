// SPDX-License-Identifier: Apache-2.0
// The algorithm proposes; it never evaluates. Everything it does is a pure function of its options and of
// what it was told.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace lorasweep {

/// A point of the search space: adapter weights inside the bounds.
using Weights = std::vector<double>;

class Optimizer {
 public:
  virtual ~Optimizer() = default;

  /// Up to `at_most` points to evaluate next, in candidate order. Empty: it waits for `tell`, or it is done.
  /// Asking in pieces gives the same points as asking at once.
  virtual std::vector<Weights> ask(std::size_t at_most) = 0;
  /// Objectives of asked points, in the order they were asked. A value that is not finite (or beyond 5e20)
  /// counts as 5e20.
  virtual void tell(std::span<const double> objectives) = 0;
};

}  // namespace lorasweep
