// SPDX-License-Identifier: Apache-2.0
// A search in rounds: each has some of the adapters, and keeps what the rounds before it found.
#pragma once

#include "pipeline/search/make_optimizer.h"
#include "pipeline/search/optimizer.h"

#include <cstddef>
#include <memory>

namespace lorasweep {

/// How a search's adapters and evaluations are divided among its rounds: in runs that are equal, or differ by one.
struct RoundsOptions {
  OptimizerOptions search;   ///< of the whole: dimension adapters x places, budget of all rounds
  std::size_t adapters = 0;  ///< at least one a round
  std::size_t rounds = 1;    ///< at most as many as evaluations
};

/// Round r searches the numbers of its own adapters with the options' method, from 0 on; those of earlier rounds stay
/// where the lowest objective was, those of later ones at 0. With one round it is make_optimizer(). The first point of
/// a later round is known already, so it is not asked again. Random methods draw from another stream in every round.
/// ConfigError as make_optimizer().
std::unique_ptr<Optimizer> make_rounds(const RoundsOptions& options);

}  // namespace lorasweep
