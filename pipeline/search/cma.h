// SPDX-License-Identifier: Apache-2.0
// CMA-ES: a population method, whose generations are evaluated in parallel.
#pragma once

#include "data/random/counter_random.h"
#include "pipeline/search/reverse_communication.h"
#include "pipeline/search/search_box.h"

#include <cstddef>

namespace lorasweep {

/// 4 + floor(3 ln n), Hansen's default.
std::size_t default_cma_population(std::size_t dimension);

/// (mu/mu_w, lambda)-CMA-ES with the default parameters of N. Hansen, "The CMA Evolution Strategy: A
/// Tutorial" (arXiv:1604.00772), positive recombination weights. The first points are w = 0 and, without
/// waiting for it, the first generation; then whole generations of `population` >= 2 points. A sample outside
/// the box is bounced into it and learnt from as bounced. The mean starts a little above 0, where LoraHub's
/// composition is flat, with a small step: 1/60 and 1/30 of the box's width.
SearchAlgorithm cma(std::size_t dimension, SearchBox box, std::size_t population, CounterRandom random);

}  // namespace lorasweep
