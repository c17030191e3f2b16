// SPDX-License-Identifier: Apache-2.0
// Which weights each search of a sweep is given: rows held to its tasks, seeds and adapters.
#pragma once

#include "pipeline/weights/weight_rows.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace lorasweep {

/// The adapters that a search composes, in the order of the file's rows, and their weights.
struct GivenVector {
  std::vector<std::int32_t> adapters;  ///< indices into the library
  std::vector<double> weights;         ///< of each adapter, one a place
  bool operator==(const GivenVector&) const = default;
};

struct GivenWeights {
  std::vector<std::vector<GivenVector>> vectors;  ///< [task][place in search.seeds]
  bool seed_decides = false;                      ///< whether some row is of one seed
  std::string sha256;                             ///< of the file
};

/// What the rows are held to, in the sweep's orders.
struct WeightedSweep {
  std::vector<std::string> tasks;
  std::vector<std::uint32_t> seeds;
  std::vector<std::string> adapters;     ///< the library
  std::vector<std::string> places = {};  ///< of search.scope; none: one number an adapter
};

/// The vector of every task and seed. What is wrong is added to `problems`, at most a few sentences: names that the
/// sweep does not have (rows that a sweep found may be of other tasks and seeds), two weights of one adapter and
/// place, adapters without a weight in some place, tasks and seeds without any. Adapters of weight 0 stay: what they
/// add is 0.
GivenWeights given_weights(const WeightRows& rows, const WeightedSweep& sweep, const std::string& file,
                           std::vector<std::string>& problems);

}  // namespace lorasweep
