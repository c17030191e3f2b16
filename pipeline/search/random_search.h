// SPDX-License-Identifier: Apache-2.0
// Uniform points of the box: the baseline that every method has to beat.
#pragma once

#include "data/random/counter_random.h"
#include "pipeline/search/reverse_communication.h"
#include "pipeline/search/search_box.h"

#include <cstddef>

namespace lorasweep {

/// w = 0, then uniform points, in waves of `wave` that may be evaluated at once; its size does not change the
/// points.
SearchAlgorithm random_search(std::size_t dimension, SearchBox box, std::size_t wave, CounterRandom random);

}  // namespace lorasweep
