// SPDX-License-Identifier: Apache-2.0
// The (1+1) evolution strategy: the simplest sequential method that adapts its step.
#pragma once

#include "data/random/counter_random.h"
#include "pipeline/search/reverse_communication.h"
#include "pipeline/search/search_box.h"

#include <cstddef>

namespace lorasweep {

/// Starts at w = 0 and tries the best point so far plus a normal step, bounced into the box. A success
/// multiplies the step by 1.5, a failure divides it by 1.5^(1/4), which balances at one success in five (S.
/// Kern et al., 2004). The first step is a twelfth of the box's width.
SearchAlgorithm one_plus_one(std::size_t dimension, SearchBox box, CounterRandom random);

}  // namespace lorasweep
