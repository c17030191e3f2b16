// SPDX-License-Identifier: Apache-2.0
// T5's bucketed relative position bias, unrolled into a table over distances.
#pragma once

#include "data/tensor/tensor.h"

#include <vector>

namespace lorasweep {

enum class Direction { bidirectional, causal };

/// Bucket of a key at `distance` = key position - query position (Raffel et al., arXiv 1910.10683, section 2.1;
/// logarithm in f32 as the reference computes it). Bidirectional: half of the buckets for keys ahead. Causal: keys
/// ahead share bucket 0.
int relative_bucket(int distance, int buckets, int max_distance, Direction direction);

/// values[h * (2 * reach + 1) + distance + reach] from the learned table [buckets, heads].
std::vector<float> unroll_relative_bias(const Tensor& learned, int reach, int max_distance, Direction direction);

}  // namespace lorasweep
