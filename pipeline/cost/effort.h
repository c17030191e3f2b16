// SPDX-License-Identifier: Apache-2.0
// Effort in numbers that no machine decides: counted from a model's plan and the lengths of examples, never measured.
#pragma once

namespace lorasweep {

/// What one piece of a sweep's work consists of.
struct Effort {
  double maps = 0;       ///< multiply-adds with the network's weights
  double attention = 0;  ///< multiply-adds of scores and averages: grows with the squares of lengths
  double bypass = 0;     ///< multiply-adds with adapters' factors
  double composed = 0;   ///< floats of adapters that are read to be added up
  double calls = 0;      ///< of the network's parts: what costs time whatever the number of rows

  Effort& operator+=(const Effort& other);
  friend Effort operator+(Effort a, const Effort& b) { return a += b; }
  friend Effort operator*(double factor, Effort effort);
  bool operator==(const Effort&) const = default;
};

/// Seconds that it would take one core of a fixed imaginary machine (40 billion multiply-adds a second in maps; the
/// rest as engine_bench found it beside those). Only ratios of these mean anything: they compare an evaluation with an
/// answer, and a long one with a short one. How fast a machine at hand is, is for a probe to say (rates.h).
double standard_seconds(const Effort& effort);

}  // namespace lorasweep
